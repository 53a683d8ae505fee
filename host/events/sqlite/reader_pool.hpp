// A SqliteReaderPool holds a few read-only connections, opened when first needed, each used by one
// call at a time. Any thread; run() blocks while all are in use.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "events/sqlite/reader.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class SqliteReaderPool {
 public:
  SqliteReaderPool(std::string path, std::string vfs, std::size_t size)
      : path_(std::move(path)), vfs_(std::move(vfs)), free_(size == 0 ? 1 : size) {}

  // Calls `query(reader)`, which returns a StatusOr. A connection that failed is not used again.
  template <typename Query>
  auto run(Query query) -> decltype(query(std::declval<SqliteReader&>())) {
    auto reader = take();
    if (!reader.ok()) {
      give_back();
      return reader.status();
    }
    auto answer = query(*reader);
    if (answer.ok()) keep(*std::move(reader));
    give_back();
    return answer;
  }

 private:
  absl::StatusOr<SqliteReader> take();
  void keep(SqliteReader reader);
  void give_back();

  const std::string path_, vfs_;
  Mutex mutex_;
  std::condition_variable_any freed_;
  std::size_t free_ ABSL_GUARDED_BY(mutex_);  // not in use, open or not
  std::vector<SqliteReader> open_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace composable::host
