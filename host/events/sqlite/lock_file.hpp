// One host per data file: an exclusive lock beside it, held until destruction or the end of the
// process, however it ends. Taken on the thread that opens the store.
#pragma once
#include <string>

#include "absl/status/statusor.h"

namespace composable::host {

class LockFile {
 public:
  // Creates `path` when missing. FailedPrecondition, naming the process that holds it, when it is
  // taken.
  static absl::StatusOr<LockFile> acquire(const std::string& path);

  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&&) = delete;
  ~LockFile();

 private:
  explicit LockFile(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace composable::host
