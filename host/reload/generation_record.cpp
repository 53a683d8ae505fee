#include "reload/generation_record.hpp"

#include <filesystem>

#include "absl/strings/str_format.h"

namespace composable::host {

std::string_view name_of(GenerationState state) {
  static constexpr std::string_view kNames[] = {"canary",   "loading", "live",   "draining",
                                                "unloaded", "pinned",  "refused"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string sentence_of(const GenerationRecord& record) {
  if (record.state == GenerationState::kRefused) {
    return absl::StrFormat("refused  %s", record.reason);
  }
  const std::string what = absl::StrFormat("%s %d (build %s)", record.domain, record.generation,
                                           record.build.substr(0, 8));
  if (record.state != GenerationState::kLive) {
    return absl::StrFormat("%s  %s%s%s", name_of(record.state), what,
                           record.reason.empty() ? "" : ": ", record.reason);
  }
  const std::string before =
      record.replaced == 0 ? "" : absl::StrFormat(", in place of %d", record.replaced);
  return absl::StrFormat("live  %s%s: %s, paused %.2f ms, %.1f ms in all", what, before,
                         record.carried, static_cast<double>(record.steps.pause_us) / 1000,
                         static_cast<double>(record.live_us) / 1000);
}

}  // namespace composable::host
