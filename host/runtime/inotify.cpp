#include "runtime/inotify.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace composable::host {

Inotify::Inotify(AddWatch add_watch)
    : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      add_watch_(add_watch ? std::move(add_watch) : ::inotify_add_watch) {}

int Inotify::add(const char* path, std::uint32_t mask) {
  return add_watch_(fd_.get(), path, mask | IN_MASK_ADD);
}

void Inotify::remove(int watch) { ::inotify_rm_watch(fd_.get(), watch); }

void Inotify::read(const std::function<void(const Event&)>& take) {
  alignas(inotify_event) char buffer[64 * 1024];
  for (;;) {
    const ssize_t size = ::read(fd_.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      take({event->wd, event->mask, event->len == 0 ? "" : event->name});
      at += static_cast<ssize_t>(sizeof *event + event->len);
    }
  }
}

}  // namespace composable::host
