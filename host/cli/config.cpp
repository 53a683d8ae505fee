// composable config: prints every setting and where it came from.
#include <algorithm>
#include <ostream>

#include "absl/strings/str_format.h"
#include "cli/configured.hpp"
#include "cli/verbs.hpp"
#include "observe/escaped.hpp"
#include "runtime/json_object.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kWidestValue = 40;  // longer ones push their origin to the right

std::string settings_text(const std::vector<ShownSetting>& settings) {
  std::size_t keys = 0, values = 0;
  for (const ShownSetting& setting : settings) {
    keys = std::max(keys, setting.key.size());
    values = std::max(values, std::min(setting.value.size(), kWidestValue));
  }
  std::string out;
  for (const ShownSetting& setting : settings) {
    std::string key, origin;
    append_escaped(key, setting.key);
    append_escaped(origin, setting.origin);
    out += absl::StrFormat("%-*s  %-*s  %s\n", static_cast<int>(keys), key,
                           static_cast<int>(values), setting.value, origin);
  }
  return out;
}

std::string settings_json(const std::vector<ShownSetting>& settings) {
  const auto setting_json = [](const ShownSetting& setting) {
    return JsonObject()
        .text("key", setting.key)
        .raw("value", setting.value)
        .text("origin", setting.origin)
        .end();
  };
  return JsonObject().raw("settings", json_list(settings, setting_json)).end() + '\n';
}

}  // namespace

int config_verb(const VerbOptions& options, Invocation& call) {
  int exit_code = 0;
  const auto loaded = configured(options, call, exit_code);
  if (!loaded) return exit_code;
  const auto settings = shown_settings(*loaded);
  call.out << (options.json ? settings_json(settings) : settings_text(settings));
  return 0;
}

}  // namespace composable::host
