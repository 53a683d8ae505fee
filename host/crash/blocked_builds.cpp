#include "crash/blocked_builds.hpp"

#include <utility>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

std::string place(const Crash& crash) {
  if (crash.in == Crash::kOwnThread) return "on a thread of its own";
  if (crash.in == Crash::kUnloadedCode) return "by a call after it was unloaded";
  return absl::StrFormat("in %s%s%s", crash.in, crash.subject.empty() ? "" : " of ", crash.subject);
}

std::string how_often(const CrashRule& rule) {
  if (rule.limit == 1) return "once,";
  return absl::StrFormat("%d times within %d s, the last time", rule.limit, rule.window_s);
}

}  // namespace

BlockedBuilds::BlockedBuilds(const std::filesystem::path& file, std::string text,
                             const CrashRule& rule)
    : file_(file.string()), history_(std::move(text)), rule_(rule) {}

absl::Status BlockedBuilds::admit(std::string_view build) const {
  const Crash* const last = history_.set_aside(build, rule_);
  if (last == nullptr) return absl::OkStatus();
  FixedText when;
  when.time(last->unix_micros);
  return absl::FailedPreconditionError(absl::StrFormat(
      "this build (%s) has crashed the host %s %s (%s) at %s; replace it by another build, or "
      "remove %s and restart to try it again",
      build.substr(0, 8), how_often(rule_), place(*last), last->signal, when.view(), file_));
}

}  // namespace composable::host
