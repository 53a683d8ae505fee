#include "app/dev_host.hpp"

#include <csignal>
#include <string>

#include "absl/strings/str_format.h"
#include "app/dev_lines.hpp"
#include "app/serving.hpp"
#include "app/signals.hpp"
#include "observe/log.hpp"
#include "runtime/own_thread.hpp"

namespace composable::host {

int run_dev_host(const LoadedConfig& config) {
  Signals signals({SIGTERM, SIGINT, SIGHUP});
  DevLines lines;
  Serving serving(config, [&lines](const GenerationRecord& record) { lines.say(record); });
  const OwnThread own;  // states are rebuilt on this thread
  if (const absl::Status status = serving.start(); !status.ok()) {
    log_error("host", "start_failed", {{"reason", std::string(status.message())}});
    return kDevHostNotStarted;
  }
  lines.say("host", "serves", absl::StrFormat("http://%s", serving.address()));
  while (signals.wait() != SIGTERM) {  // the parent says when to end
  }
  signals.restore();
  return serving.stop() == 0 ? 0 : 1;
}

}  // namespace composable::host
