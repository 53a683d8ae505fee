#include "app/dev_session.hpp"

#include <cstdio>
#include <ctime>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNamed = 3;  // of the changed sources

std::string time_of_day() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  return absl::StrFormat("%02d:%02d:%02d", local.tm_hour, local.tm_min, local.tm_sec);
}

std::string listed(const std::vector<std::string>& names) {
  if (names.size() <= kNamed) return absl::StrJoin(names, ", ");
  return absl::StrFormat("%s, %s, %s and %d more", names[0], names[1], names[2],
                         names.size() - kNamed);
}

std::string seconds(std::chrono::milliseconds time) {
  return absl::StrFormat("%.1f s", static_cast<double>(time.count()) / 1000);
}

std::string build_of(const GenerationRecord& record) { return record.build.substr(0, 8); }

}  // namespace

DevSession::DevSession(const LoadedConfig& config, const DevProject& project)
    : config_(config),
      project_(project),
      build_(project.directory, project.build_directory, project.configure),
      serving_(config, [this](const GenerationRecord& record) { tell(record); }) {}

DevSession::~DevSession() {
  build_.stop();
  watch_.reset();
}

absl::Status DevSession::start() {
  if (project_.builds) build({});
  if (absl::Status s = serving_.start(); !s.ok()) return s;
  say("host", "serves", absl::StrFormat("http://%s", serving_.address()));
  if (!project_.builds) return absl::OkStatus();
  auto watch = SourceWatch::start(
      project_.directory,
      {.leave_out = {project_.build_directory, config_.config.data_dir},
       .changed = [this](const std::vector<std::string>& changed) { build(changed); }});
  if (!watch.ok()) return watch.status();
  watch_ = *std::move(watch);
  return absl::OkStatus();
}

std::size_t DevSession::stop() {
  build_.stop();
  watch_.reset();
  return serving_.stop();
}

void DevSession::build(const std::vector<std::string>& changed) {
  const std::string who = project_.directory.filename().string();
  if (!changed.empty()) say(who, "changed", listed(changed));
  const BuildResult result = build_.build();
  if (result.ok) {
    say(who, "built", seconds(result.took));
  } else {
    say(who, "not built", "what serves stays", result.output);
  }
}

void DevSession::tell(const GenerationRecord& record) {
  if (record.state == GenerationState::kRefused) {
    return say(record.domain.empty() ? "plugins" : record.domain, "refused", record.reason);
  }
  if (record.state == GenerationState::kQuarantined) {
    return say(record.domain, "quarantined",
               absl::StrFormat("generation %d: %s", record.generation, record.reason));
  }
  if (record.state != GenerationState::kLive) return;
  if (record.replaced == 0) return say(record.domain, "loaded", build_of(record));
  say(record.domain, "reloaded",
      absl::StrFormat("%s, %s, paused %.2f ms, %.0f ms in all", build_of(record), record.carried,
                      static_cast<double>(record.steps.pause_us) / 1000,
                      static_cast<double>(record.live_us) / 1000));
}

void DevSession::say(std::string_view who, std::string_view what, std::string_view more,
                     std::string_view below) {
  const MutexLock lock(mutex_);
  absl::PrintF("%s  %-10s %-10s %s\n%s", time_of_day(), who, what, more, below);
  std::fflush(stdout);
}

}  // namespace composable::host
