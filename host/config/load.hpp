// load_config makes the configuration from defaults, a file, the environment and flags; each
// overrides the one before. It records where every value came from. Called once at start, before
// there are threads.
//
// It reports all mistakes, not only the first. Each report names the place and line, what was
// found, and what would be right. No report holds a secret.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace composable::host {

// The flags that set settings; absent: not given.
struct Flags {
  std::optional<std::string> config;
  std::vector<std::string> plugins;
  std::optional<std::string> data_dir, listen, admin_listen, log_level, log_format;
  bool no_watch = false;
};

// Where settings come from.
struct Sources {
  Flags flags;
  std::vector<std::string> environment;  // NAME=value, as environ has it
  std::filesystem::path program;         // the running executable; finds the installed plugins
};

struct Mistake {
  std::string text;    // one line
  bool usage = false;  // in the command line itself: exit code 2, not 1
};

struct LoadedConfig {
  Config config;
  Sources sources;  // to read them again
  // Of every key of the schema and every `domains.<name>`: `default`, `file composable.json:12`,
  // `environment PORT`, `flag --listen`.
  std::map<std::string, std::string, std::less<>> origins;
  std::vector<std::string> warnings;
  std::vector<Mistake> mistakes;  // when there is any, `config` must not be used

  bool ok() const { return mistakes.empty(); }
};

LoadedConfig load_config(const Sources& sources);

// `<prefix>/lib/composable/plugins` for `<prefix>/bin/composable`.
std::filesystem::path installed_plugin_dir(const std::filesystem::path& program);

// The effective values as people see them: secrets masked, in the schema's order, domains last.
struct ShownSetting {
  std::string key;
  std::string value;  // JSON
  std::string origin;
};
std::vector<ShownSetting> shown_settings(const LoadedConfig& loaded);

}  // namespace composable::host
