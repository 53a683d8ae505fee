// A UniqueFd owns a file descriptor. Any thread, one at a time.
#pragma once
#include <unistd.h>

#include <utility>

namespace composable::host {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() {
    if (fd_ >= 0) ::close(fd_);
  }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  // The caller's from now on.
  int release() { return std::exchange(fd_, -1); }
  void reset() { const UniqueFd closed = std::move(*this); }

 private:
  int fd_ = -1;
};

}  // namespace composable::host
