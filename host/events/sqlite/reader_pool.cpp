#include "events/sqlite/reader_pool.hpp"

#include "runtime/loop_thread.hpp"

namespace composable::host {

absl::StatusOr<SqliteReader> SqliteReaderPool::take() {
  assert_may_block("reading the log");
  {
    absl::MutexLock lock(&mutex_);
    while (free_ == 0) freed_.Wait(&mutex_);
    --free_;
    if (!open_.empty()) {
      SqliteReader reader = std::move(open_.back());
      open_.pop_back();
      return reader;
    }
  }
  return SqliteReader::open(path_, vfs_);
}

void SqliteReaderPool::keep(SqliteReader reader) {
  absl::MutexLock lock(&mutex_);
  open_.push_back(std::move(reader));
}

void SqliteReaderPool::give_back() {
  absl::MutexLock lock(&mutex_);
  ++free_;
  freed_.Signal();
}

}  // namespace composable::host
