// A Connection is one SQLite connection; a Statement is one of its prepared statements. Both are
// values. A connection and its statements belong to one thread at a time; statements end before
// their connection. Errors name the file, what was being done, and SQLite's message, which holds
// no payload.
#pragma once
#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/uuid.hpp"

namespace composable::host {

class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  // Parameters are numbered from 1. Bound bytes are not copied: they stay until reset().
  void bind(int parameter, std::int64_t value);
  void bind(int parameter, std::uint64_t value);  // above 2^63-1 it is taken as that
  void bind_text(int parameter, std::string_view text);
  void bind_text_or_null(int parameter, std::string_view text);  // empty is NULL
  void bind_blob(int parameter, std::string_view bytes);
  void bind_id(int parameter, const Uuid& id);
  void bind_id_or_null(int parameter, const Uuid& id);  // nil is NULL

  // True: there is a row, whose views live until the next step or reset.
  absl::StatusOr<bool> step();
  // For statements without rows: steps once and resets.
  absl::Status run();
  void reset();

  std::int64_t integer(int column) const;
  std::string_view bytes(int column) const;  // NULL is empty
  Uuid id(int column) const;                 // NULL, and what is not 16 bytes, is nil

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Resets when it leaves scope, so that no read transaction outlives its function.
class StatementReset {
 public:
  explicit StatementReset(Statement& statement) : statement_(statement) {}
  ~StatementReset() { statement_.reset(); }
  StatementReset(const StatementReset&) = delete;
  StatementReset& operator=(const StatementReset&) = delete;

 private:
  Statement& statement_;
};

class Connection {
 public:
  enum class Mode : std::uint8_t { kWrite, kRead };

  // `vfs` empty: the platform's. kWrite creates the file.
  static absl::StatusOr<Connection> open(const std::string& path, Mode mode,
                                         const std::string& vfs);

  sqlite3* get() const { return handle_.get(); }
  absl::Status execute(const char* sql);  // one or more statements without rows of interest
  absl::StatusOr<Statement> prepare(std::string_view sql);
  // The first column of the first row; 0 and NULL alike when there is none.
  absl::StatusOr<std::int64_t> integer(std::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

// The connection's last failure. kDataLoss for damage, kResourceExhausted for a full disk,
// kUnavailable for the rest.
absl::Status sqlite_error(sqlite3* handle, std::string_view doing);

}  // namespace composable::host
