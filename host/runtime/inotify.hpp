// An Inotify is one queue of the kernel's file events. One thread. Its users word their own
// errors.
#pragma once
#include <cstdint>
#include <functional>
#include <string_view>

#include "runtime/unique_fd.hpp"

namespace composable::host {

class Inotify {
 public:
  struct Event {
    int watch = -1;  // of no meaning when the mask has IN_Q_OVERFLOW
    std::uint32_t mask = 0;
    std::string_view name;  // of the entry; empty: about what is watched itself
  };
  // inotify_add_watch, or what a test puts in its place.
  using AddWatch = std::function<int(int fd, const char* path, std::uint32_t mask)>;

  // False when the system has none left; errno says why.
  explicit Inotify(AddWatch add_watch = {});
  explicit operator bool() const { return static_cast<bool>(fd_); }

  int fd() const { return fd_.get(); }  // readable: there are events; never blocks
  // Adds `mask` to what is watched for at `path`. Returns the watch, or -1: errno says why.
  int add(const char* path, std::uint32_t mask);
  void remove(int watch);
  // Reads what is there without waiting. `take` may call add and remove.
  void read(const std::function<void(const Event&)>& take);

 private:
  UniqueFd fd_;
  AddWatch add_watch_;
};

}  // namespace composable::host
