#include "app/dev_lines.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <iostream>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

std::string time_of_day() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  return absl::StrFormat("%02d:%02d:%02d", local.tm_hour, local.tm_min, local.tm_sec);
}

std::string build_of(const GenerationRecord& record) { return record.build.substr(0, 8); }

}  // namespace

void DevLines::say(std::string_view subject, std::string_view event, std::string_view more,
                   std::string_view below) {
  const MutexLock lock(mutex_);
  absl::PrintF("%s  %-10s %-10s %s\n%s", time_of_day(), subject, event, more, below);
  if (std::fflush(stdout) == 0 || errno == EPIPE || std::exchange(lost_, true)) return;
  std::cerr << "composable: standard output cannot be written: " << std::strerror(errno)
            << "; make room, or send it elsewhere\n";
}

void DevLines::say(const GenerationRecord& record) {
  if (record.state == GenerationState::kRefused) {
    say(record.domain.empty() ? "plugins" : record.domain, "refused", record.reason);
  } else if (record.state == GenerationState::kPinned) {
    say(record.domain, "pinned",
        absl::StrFormat("generation %d: %s", record.generation, record.reason));
  } else if (record.state == GenerationState::kLive && record.replaced == 0) {
    say(record.domain, "loaded", build_of(record));
  } else if (record.state == GenerationState::kLive) {
    say(record.domain, "reloaded",
        absl::StrFormat("%s, %s, paused %.2f ms, %.0f ms in all", build_of(record), record.carried,
                        static_cast<double>(record.steps.pause_us) / 1000,
                        static_cast<double>(record.live_us) / 1000));
  }
}

}  // namespace composable::host
