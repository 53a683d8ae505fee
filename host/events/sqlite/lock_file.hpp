// A LockFile lets only one host open a data file. It holds an exclusive lock next to the file
// until its destruction or the end of the process, however that ends. Taken on the thread that
// opens the store.
#pragma once
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "runtime/unique_fd.hpp"

namespace composable::host {

class LockFile {
 public:
  // Creates `path` when missing. FailedPrecondition when it is held, naming the process that holds
  // it, or when it is not the host's own file. Nothing is written to it before it is held.
  static absl::StatusOr<LockFile> acquire(const std::string& path);

 private:
  explicit LockFile(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace composable::host
