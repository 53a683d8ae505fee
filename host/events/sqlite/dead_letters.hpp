// SqliteDeadLetters keeps the dead letters of the SQLite store in a table of the log's file. Any
// thread: writes wait for the writer.
#pragma once
#include <cstddef>

#include "events/dead_letters.hpp"
#include "events/sqlite/reader_pool.hpp"
#include "events/sqlite/writer.hpp"
#include "runtime/clock.hpp"

namespace composable::host {

extern const char kDeadLetterTable[];

class SqliteDeadLetters final : public DeadLetterStore {
 public:
  // All outlive this.
  SqliteDeadLetters(SqliteWriter& writer, SqliteReaderPool& readers, Clock& clock, std::size_t most)
      : writer_(writer), readers_(readers), clock_(clock), most_(most) {}

  absl::Status put(const DeadLetter& letter) override;
  absl::Status change(const Uuid& id, const DeadLetterChange& change) override;
  absl::StatusOr<DeadLetterPage> list(const DeadLetterFilter& filter, std::uint64_t after,
                                      std::size_t max) override;
  absl::StatusOr<std::optional<DeadLetter>> find(const Uuid& id) override;
  absl::StatusOr<DeadLetterCounts> counts() override;

 private:
  SqliteWriter& writer_;
  SqliteReaderPool& readers_;
  Clock& clock_;
  const std::size_t most_;
};

}  // namespace composable::host
