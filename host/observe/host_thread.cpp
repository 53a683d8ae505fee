#include "observe/host_thread.hpp"

#include <unistd.h>

#include <string>

#include "observe/log.hpp"

namespace composable::host::host_thread_detail {

void say(std::string_view thread, std::string_view what) noexcept {
  try {
    log_error("host", "exception", {{"thread", thread}, {"what", what}});
  } catch (...) {
    constexpr std::string_view kLine =
        "composable: a thread threw, and there is no memory to say what\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kLine.data(), kLine.size());
  }
}

}  // namespace composable::host::host_thread_detail
