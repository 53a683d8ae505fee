#include "cli/configured.hpp"

#include <algorithm>
#include <ostream>

#include "observe/log.hpp"

namespace composable::host {

std::optional<LoadedConfig> configured(const VerbOptions& options, Invocation& call,
                                       int& exit_code) {
  LoadedConfig loaded = load_config({options.flags, call.environment, call.program});
  if (!loaded.ok()) {
    for (const Mistake& mistake : loaded.mistakes) call.err << mistake.text << '\n';
    const bool all_usage = std::all_of(loaded.mistakes.begin(), loaded.mistakes.end(),
                                       [](const Mistake& mistake) { return mistake.usage; });
    exit_code = all_usage ? 2 : 1;
    return std::nullopt;
  }
  const LogConfig& log = loaded.config.log;
  configure_log(*LogLevels::parse(log.level),
                log.format == "json" ? LogFormat::kJson : LogFormat::kText);
  for (const std::string& warning : loaded.warnings) {
    log_warn("config", "warned", {{"text", warning}});
  }
  return loaded;
}

}  // namespace composable::host
