#include "events/sqlite/connection.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

constexpr int kBusyMillis = 2000;  // another of our own connections; they never hold on for long

absl::StatusCode status_code(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

// What an operator can do about it.
std::string_view advice(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "; it is damaged, or no event log: restore a backup";
    case SQLITE_FULL:
      return "; make room on the disk";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return "; check the directory and its rights";
    case SQLITE_IOERR:
      return "; check the disk";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "; end the program that has it open";
    default:
      return "";
  }
}

std::string_view file_name(sqlite3* handle) {
  const char* path = sqlite3_db_filename(handle, "main");
  return path == nullptr || *path == '\0' ? "sqlite" : path;
}

}  // namespace

absl::Status sqlite_error(sqlite3* handle, std::string_view doing) {
  const int code = sqlite3_extended_errcode(handle);
  return absl::Status(status_code(code),
                      absl::StrFormat("%s: %s: %s (sqlite %d)%s", file_name(handle), doing,
                                      sqlite3_errmsg(handle), code, advice(code)));
}

void Statement::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, value);
}

void Statement::bind(int parameter, std::uint64_t value) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  bind(parameter, static_cast<std::int64_t>(std::min(value, kMost)));
}

void Statement::bind_text(int parameter, std::string_view text) {
  const char* begin = text.data() == nullptr ? "" : text.data();
  sqlite3_bind_text64(statement_.get(), parameter, begin, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind_text_or_null(int parameter, std::string_view text) {
  if (text.empty()) {
    sqlite3_bind_null(statement_.get(), parameter);
  } else {
    bind_text(parameter, text);
  }
}

void Statement::bind_blob(int parameter, std::string_view bytes) {
  const char* begin = bytes.data() == nullptr ? "" : bytes.data();
  sqlite3_bind_blob64(statement_.get(), parameter, begin, bytes.size(), SQLITE_STATIC);
}

void Statement::bind_id(int parameter, const Uuid& id) {
  sqlite3_bind_blob64(statement_.get(), parameter, id.bytes.data(), id.bytes.size(), SQLITE_STATIC);
}

void Statement::bind_id_or_null(int parameter, const Uuid& id) {
  if (id.is_nil()) {
    sqlite3_bind_null(statement_.get(), parameter);
  } else {
    bind_id(parameter, id);
  }
}

absl::StatusOr<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_error(sqlite3_db_handle(statement_.get()), sqlite3_sql(statement_.get()));
}

absl::Status Statement::run() {
  const absl::StatusOr<bool> row = step();
  reset();
  return row.status();
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::bytes(int column) const {
  const void* begin = sqlite3_column_blob(statement_.get(), column);
  if (begin == nullptr) return {};
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const char*>(begin), static_cast<std::size_t>(size)};
}

Uuid Statement::id(int column) const {
  Uuid id;
  const std::string_view found = bytes(column);
  if (found.size() == id.bytes.size()) std::memcpy(id.bytes.data(), found.data(), found.size());
  return id;
}

absl::StatusOr<Connection> Connection::open(const std::string& path, Mode mode,
                                            const std::string& vfs) {
  const int flags =
      SQLITE_OPEN_NOMUTEX |
      (mode == Mode::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, flags, vfs.empty() ? nullptr : vfs.c_str());
  Connection connection;
  connection.handle_.reset(handle);
  if (code != SQLITE_OK) {
    return absl::Status(status_code(code),
                        absl::StrFormat("%s: cannot be opened: %s (sqlite %d); check the directory "
                                        "and its rights",
                                        path, sqlite3_errstr(code), code));
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMillis);
  return connection;
}

absl::Status Connection::execute(const char* sql) {
  if (sqlite3_exec(get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return absl::OkStatus();
  return sqlite_error(get(), sql);
}

absl::StatusOr<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return sqlite_error(get(), sql);
  return Statement(statement);
}

absl::StatusOr<std::int64_t> Connection::integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement.ok()) return statement.status();
  const auto row = statement->step();
  if (!row.ok()) return row.status();
  return *row ? statement->integer(0) : 0;
}

}  // namespace composable::host
