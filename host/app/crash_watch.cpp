#include "app/crash_watch.hpp"

#include <utility>

#include "crash/crash_file.hpp"
#include "crash/crash_handler.hpp"
#include "observe/log.hpp"
#include "runtime/clock.hpp"

namespace composable::host {
namespace {

absl::StatusOr<UniqueFd> begin(const Config& config) {
  const std::filesystem::path file = crash_file(config.data_dir);
  absl::StatusOr<std::string> text = read_crash_file(file);
  if (!text.ok()) return text.status();
  const CrashHistory history(*std::move(text));
  if (history.unreadable() != 0) {
    log_warn("crashes", "unreadable", {{"file", file.string()}, {"lines", history.unreadable()}});
  }
  return begin_crash_file(file,
                          history.still_needed(SystemClock().unix_micros(), crash_rule(config)));
}

}  // namespace

void watch_crashes(const Config& config) {
  absl::StatusOr<UniqueFd> file = begin(config);
  if (!file.ok()) {
    log_warn("crashes", "not_kept", {{"reason", std::string(file.status().message())}});
  }
  install_crash_handler(config.log.format == "json" ? LogFormat::kJson : LogFormat::kText,
                        file.ok() ? *std::move(file) : UniqueFd());
}

}  // namespace composable::host
