#include "config/load.hpp"

#include <algorithm>
#include <set>

#include "absl/strings/str_format.h"
#include "config/assign.hpp"
#include "config/json_document.hpp"
#include "config/listen_address.hpp"
#include "config/masking.hpp"
#include "config/regular_file.hpp"
#include "config/schema.hpp"
#include "config/value_checks.hpp"
#include "observe/escaped.hpp"
#include "runtime/nearest_name.hpp"

namespace composable::host {
namespace {

using Kind = JsonNode::Kind;

constexpr std::string_view kConfigVariable = "COMPOSABLE_CONFIG";
constexpr std::string_view kOwnPrefix = "COMPOSABLE_";
constexpr std::size_t kLongestName = 64;

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

std::string printable(std::string_view name) {
  std::string out;
  append_escaped(out, name, kLongestName);
  return out;
}

std::string listed(const std::vector<std::string_view>& names) {
  std::string out;
  for (const std::string_view name : names) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

class Loader {
 public:
  explicit Loader(const Sources& sources) : sources_(sources) {
    for (const std::string& entry : sources.environment) {
      const std::size_t equals = entry.find('=');
      if (equals != std::string::npos) {
        environment_.emplace(entry.substr(0, equals), entry.substr(equals + 1));
      }
    }
  }

  LoadedConfig run() {
    apply_defaults();
    apply_file();
    apply_environment();
    apply_flags();
    check_whole();
    return std::move(loaded_);
  }

 private:
  void apply_defaults() {
    for (const Setting& setting : settings()) loaded_.origins.emplace(setting.key, "default");
    loaded_.config.plugins.dirs = {installed_plugin_dir(sources_.program).string()};
  }

  // --- the file

  void apply_file() {
    const auto variable = environment_.find(kConfigVariable);
    std::string where = "--config";
    if (sources_.flags.config) {
      file_ = *sources_.flags.config;
    } else if (variable != environment_.end() && !variable->second.empty()) {
      file_ = variable->second;
      where = kConfigVariable;
    } else {
      return;
    }
    const auto text = read_regular_file(file_, kMaxJsonFile + 1);
    if (!text.ok()) {
      mistake(absl::StrFormat("%s: cannot read %s, %s; name a file that can be read", where,
                              in_quotes(file_.string()), std::string(text.status().message())));
      return;
    }
    const auto document = parse_json_document(*text);
    if (!document.ok()) {
      mistake(
          absl::StrFormat("%s: %s", printable_path(), std::string(document.status().message())));
      return;
    }
    apply_section("", *document);
  }

  std::string printable_path() const {
    std::string out;
    append_escaped(out, file_.string());
    return out;
  }

  // Every member of the object at `prefix` ("" or "http."): a setting, a section, or unknown.
  void apply_section(const std::string& prefix, const JsonNode& section) {
    if (section.kind != Kind::kObject) {
      return mistake_in_file(prefix.substr(0, prefix.rfind('.')),
                             absl::StrFormat("expected an object, found %s", found(section)),
                             section.line);
    }
    std::set<std::string_view> seen;
    for (const DocumentMember& member : section.members) {
      const std::string key = prefix + member.name;
      if (!seen.insert(member.name).second) {
        mistake_in_file(key, "given twice; leave one out", member.line);
      } else if (const Setting* setting = find_setting(key)) {
        apply_from_file(*setting, member.value);
      } else if (key == "domains") {
        apply_domains(member.value);
      } else if (!names_below(key + '.').empty()) {
        apply_section(key + '.', member.value);
      } else {
        mistake_in_file(key, unknown_key(prefix, member.name), member.line);
      }
    }
  }

  void apply_from_file(const Setting& setting, JsonNode value) {
    if (setting.role == Setting::Role::kPath) make_relative_to_file(value);
    const auto wrong = assign(setting, value, loaded_.config);
    for (const WrongValue& one : wrong) {
      mistake_in_file(std::string(setting.key) + one.place, one.text, one.line);
    }
    if (wrong.empty()) set_origin(setting.key, origin_in_file(value.line));
  }

  void apply_domains(const JsonNode& domains) {
    if (domains.kind != Kind::kObject) {
      return mistake_in_file(
          "domains", absl::StrFormat("expected an object, found %s", found(domains)), domains.line);
    }
    for (const DocumentMember& domain : domains.members) {
      const std::string key = "domains." + domain.name;
      if (domain.value.kind != Kind::kObject) {
        // The value may be a secret in the wrong place.
        mistake_in_file(key,
                        absl::StrFormat("expected an object, found %s", found(domain.value, true)),
                        domain.value.line);
      } else if (!loaded_.config.domains.emplace(domain.name, to_json(domain.value)).second) {
        mistake_in_file(key, "given twice; leave one out", domain.line);
      } else {
        set_origin(key, origin_in_file(domain.line));
      }
    }
  }

  // Relative to the file, so that it means the same wherever the host is started.
  void make_relative_to_file(JsonNode& value) const {
    for (JsonNode& item : value.items) make_relative_to_file(item);
    if (value.kind != Kind::kString || value.text.empty()) return;
    value.text = (file_.parent_path() / value.text).lexically_normal().string();
  }

  // The next part of each key that begins with `prefix`, once.
  static std::vector<std::string_view> names_below(std::string_view prefix) {
    std::vector<std::string_view> names;
    for (const Setting& setting : settings()) {
      if (!starts_with(setting.key, prefix)) continue;
      const std::string_view rest = setting.key.substr(prefix.size());
      const std::string_view name = rest.substr(0, rest.find('.'));
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    if (prefix.empty()) names.push_back("domains");
    return names;
  }

  static std::string unknown_key(const std::string& prefix, const std::string& name) {
    const auto siblings = names_below(prefix);
    const std::string_view nearest = nearest_name(name, siblings);
    if (!nearest.empty()) {
      return absl::StrFormat("unknown key; did you mean %s%s?", prefix, nearest);
    }
    for (const Setting& setting : settings()) {  // right name, wrong section
      if (setting.key.substr(setting.key.rfind('.') + 1) == name) {
        return absl::StrFormat("unknown key; did you mean %s?", setting.key);
      }
    }
    return absl::StrFormat("unknown key; expected one of %s", listed(siblings));
  }

  // --- the environment

  void apply_environment() {
    for (const Setting& setting : settings()) {
      const auto variable = environment_.find(setting.environment);
      if (setting.environment.empty() || variable == environment_.end()) continue;
      if (variable->second.empty()) continue;  // as unset: PORT=${PORT:-} of a compose file
      apply_text(setting, variable->second, std::string(setting.environment),
                 absl::StrFormat("environment %s", setting.environment), false);
    }
    warn_of_unknown_variables();
  }

  void warn_of_unknown_variables() {
    std::vector<std::string_view> known = {kConfigVariable};
    for (const Setting& setting : settings()) {
      if (starts_with(setting.environment, kOwnPrefix)) known.push_back(setting.environment);
    }
    for (const auto& [name, value] : environment_) {
      const bool own = starts_with(name, kOwnPrefix);
      if (!own || std::find(known.begin(), known.end(), name) != known.end()) continue;
      const std::string_view nearest = nearest_name(name, known);
      loaded_.warnings.push_back(nearest.empty()
                                     ? absl::StrFormat("%s: unknown variable; expected one of %s",
                                                       printable(name), listed(known))
                                     : absl::StrFormat("%s: unknown variable; did you mean %s?",
                                                       printable(name), nearest));
    }
  }

  // --- the flags

  void apply_flags() {
    const Flags& flags = sources_.flags;
    apply_flag("data_dir", flags.data_dir);
    apply_flag("admin.listen", flags.admin_listen);
    apply_flag("log.level", flags.log_level);
    apply_flag("log.format", flags.log_format);
    if (flags.no_watch) apply_flag("plugins.watch", "false");
    if (flags.listen) apply_listen(*flags.listen);
    if (!flags.plugins.empty()) apply_plugins();
  }

  void apply_flag(std::string_view key, const std::optional<std::string>& text) {
    if (!text) return;
    const Setting& setting = *find_setting(key);
    apply_text(setting, *text, std::string(setting.flag), flag_origin(setting), true);
  }

  void apply_listen(const std::string& text) {
    ConfiguredAddress address;
    const bool is_host_optional = parse_listen_address(text, address) && address.host.empty();
    if (!is_host_optional && (text.empty() || !value_checks::listen(text).empty())) {
      mistake(absl::StrFormat("--listen: expected HOST:PORT such as 127.0.0.1:3000 or [::1]:3000, "
                              "found %s",
                              in_quotes(text, kLongestName)),
              true);
      return;
    }
    if (!address.host.empty()) apply_flag("listen.hosts", address.host);
    apply_flag("listen.port", std::to_string(address.port));
  }

  // A directory may hold any character, so nothing is split here.
  void apply_plugins() {
    const Setting& setting = *find_setting("plugins.dirs");
    JsonNode list{.kind = Kind::kArray};
    for (const std::string& dir : sources_.flags.plugins) {
      list.items.push_back({.kind = Kind::kString, .text = dir});
    }
    apply_value(setting, list, std::string(setting.flag), flag_origin(setting), true);
  }

  static std::string flag_origin(const Setting& setting) {
    return absl::StrFormat("flag %s", setting.flag);
  }

  // --- all of them

  void apply_text(const Setting& setting, const std::string& text, const std::string& where,
                  const std::string& origin, bool usage) {
    apply_value(setting, value_from_text(setting, text), where, origin, usage);
  }

  void apply_value(const Setting& setting, const JsonNode& value, const std::string& where,
                   const std::string& origin, bool usage) {
    const auto wrong = assign(setting, value, loaded_.config);
    for (const WrongValue& one : wrong) {
      mistake(absl::StrFormat("%s%s: %s", where, one.place, one.text), usage);
    }
    if (wrong.empty()) set_origin(setting.key, origin);
  }

  void check_whole() {
    const Config& config = loaded_.config;
    const std::string database = value_checks::database_refusal(config.database_url);
    if (!database.empty()) mistake("database_url: " + database);
    if (config.listen.hosts.empty())
      mistake("config.listen.hosts: expected an address, found none");
    if (std::string repeated = repeated_address(config); !repeated.empty()) {
      mistake(std::move(repeated));
    }
  }

  void set_origin(std::string_view key, std::string origin) {
    loaded_.origins.insert_or_assign(std::string(key), std::move(origin));
  }

  std::string origin_in_file(std::uint32_t line) const {
    return absl::StrFormat("file %s:%d", file_.string(), line);
  }

  void mistake(std::string text, bool usage = false) {
    loaded_.mistakes.push_back({std::move(text), usage});
  }

  void mistake_in_file(const std::string& key, const std::string& what, std::uint32_t line) {
    const std::string dotted = key.empty() ? "config" : "config." + printable(key);
    mistake(absl::StrFormat("%s: %s (line %d)", dotted, what, line));
  }

  const Sources& sources_;
  std::map<std::string, std::string, std::less<>> environment_;
  std::filesystem::path file_;
  LoadedConfig loaded_;
};

}  // namespace

LoadedConfig load_config(const Sources& sources) {
  LoadedConfig loaded = Loader(sources).run();
  loaded.sources = sources;
  return loaded;
}

std::filesystem::path installed_plugin_dir(const std::filesystem::path& program) {
  return program.parent_path().parent_path() / "lib" / "composable" / "plugins";
}

std::vector<ShownSetting> shown_settings(const LoadedConfig& loaded) {
  Config config = loaded.config;
  std::vector<ShownSetting> shown;
  for (const Setting& setting : settings()) {
    shown.push_back({std::string(setting.key), to_json(shown_value(setting, config)),
                     loaded.origins.find(setting.key)->second});
  }
  for (const auto& [name, section] : config.domains) {
    const std::string key = "domains." + name;
    const auto parsed = parse_json_document(section);
    shown.push_back({key, parsed.ok() ? masked_json(*parsed) : in_quotes(kMask),
                     loaded.origins.find(key)->second});
  }
  return shown;
}

}  // namespace composable::host
