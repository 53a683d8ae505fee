// file_kind names what lies at a path, for errors. Pure; any thread.
#pragma once
#include <sys/stat.h>

#include <string_view>

namespace composable::host {

inline std::string_view file_kind(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "a file";
    case S_IFDIR:
      return "a directory";
    case S_IFLNK:
      return "a symbolic link";
    case S_IFIFO:
      return "a pipe";
    case S_IFSOCK:
      return "a socket";
    default:
      return "a device";
  }
}

}  // namespace composable::host
