#include "runtime/memory_map.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace composable::host {
namespace {

// One line after the other, byte by byte: `7f12a000-7f12c000 r-xp …`.
class MapsReader {
 public:
  explicit MapsReader(std::uintptr_t address) : address_(address) {}

  // False: the answer is known.
  bool take(char c) {
    switch (part_) {
      case Part::kBegin:
        if (c == '-') {
          part_ = Part::kEnd;
        } else {
          begin_ = begin_ * 16 + digit(c);
        }
        return true;
      case Part::kEnd:
        if (c == ' ') {
          part_ = Part::kRights;
        } else {
          end_ = end_ * 16 + digit(c);
        }
        return true;
      case Part::kRights:
        if (c == 'x') executable_ = true;
        if (c != ' ') return true;
        part_ = Part::kRest;
        return address_ < begin_ || address_ >= end_;
      case Part::kRest:
        if (c == '\n') *this = MapsReader(address_);
        return true;
    }
    return true;
  }
  bool found_executable() const { return executable_; }

 private:
  enum class Part { kBegin, kEnd, kRights, kRest };

  static std::uintptr_t digit(char c) {
    return static_cast<std::uintptr_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }

  std::uintptr_t address_;
  Part part_ = Part::kBegin;
  std::uintptr_t begin_ = 0, end_ = 0;
  bool executable_ = false;
};

}  // namespace

bool is_executable(std::uintptr_t address) {
  const int before = errno;
  const int fd = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  MapsReader reader(address);
  char buffer[2048];
  bool more = true, found = false;
  while (more) {
    const ssize_t size = ::read(fd, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    for (ssize_t n = 0; more && n < size; ++n) more = reader.take(buffer[n]);
    if (!more) found = reader.found_executable();
  }
  ::close(fd);
  errno = before;
  return found;
}

}  // namespace composable::host
