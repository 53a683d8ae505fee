#include "events/sqlite/reader_pool.hpp"

#include "runtime/loop_thread.hpp"

namespace composable::host {

absl::StatusOr<SqliteReader> SqliteReaderPool::take() {
  assert_may_block("reading the log");
  {
    const MutexLock lock(mutex_);
    while (free_ == 0) freed_.wait(mutex_);
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
  const MutexLock lock(mutex_);
  open_.push_back(std::move(reader));
}

void SqliteReaderPool::give_back() {
  const MutexLock lock(mutex_);
  ++free_;
  freed_.notify_one();
}

}  // namespace composable::host
