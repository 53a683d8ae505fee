#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "absl/strings/str_format.h"
#include "domain/domain_name.hpp"
#include "observe/escaped.hpp"
#include "runtime/nearest_name.hpp"

namespace composable::host {
namespace {

constexpr int kUsage = 2;
constexpr std::size_t kLongestWord = 64;
constexpr std::size_t kShortestBuild = 8;  // as it is shown

const Verb* find_verb(std::string_view name) {
  for (const Verb& verb : verbs()) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

void declare_config_flags(CLI::App& line, Flags& flags) {
  line.add_option("-c,--config", flags.config, "configuration file (COMPOSABLE_CONFIG)")
      ->type_name("FILE");
  line.add_option("-p,--plugins", flags.plugins,
                  "plugin directory, may be repeated (COMPOSABLE_PLUGIN_PATH)")
      ->type_name("DIR")
      ->allow_extra_args(false);
  line.add_option("--data-dir", flags.data_dir, "the host's own files (COMPOSABLE_DATA_DIR)")
      ->type_name("DIR");
  line.add_option("--listen", flags.listen, "public address (HOST, PORT)")->type_name("HOST:PORT");
  line.add_option("--admin-listen", flags.admin_listen, "admin address; requires the token")
      ->type_name("HOST:PORT");
  line.add_flag("--no-watch", flags.no_watch, "do not watch for changed plugins");
  line.add_option("--log-level", flags.log_level, "info, or orders=debug,info (COMPOSABLE_LOG)")
      ->type_name("LEVEL");
  line.add_option("--log-format", flags.log_format, "text or json")->type_name("FORMAT");
}

void declare_project(CLI::App& line, NewProject& project) {
  line.add_option("KIND", project.kind, "domain")->type_name("")->required();
  line.add_option("NAME", project.name, "of the form " + std::string(kDomainNameForm))
      ->type_name("")
      ->required();
  line.add_flag("--c", project.in_c, "in C instead of C++");
  line.add_option("--dir", project.directory, "where to create it; default ./NAME")
      ->type_name("DIR");
}

// A name that stands in a path of the admin listener.
std::string check_domain(const std::string& name) {
  return is_domain_name(name) ? "" : name.substr(0, kLongestWord) + " is not a domain's name";
}

// A number that is as long as the shown beginning of a build is one of a build.
bool is_build(std::string_view text) {
  return text.size() >= kShortestBuild && text.size() <= kLongestWord &&
         text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::string check_generation(const std::string& text) {
  const bool number =
      !text.empty() && text.find_first_not_of("0123456789") == text.npos && text.front() != '0';
  if (is_build(text) || (number && text.size() < kShortestBuild)) return "";
  return text.substr(0, kLongestWord) +
         " is neither the number of a generation, from 1, nor the first 8 or more digits of a "
         "build";
}

void declare_domain(CLI::App& line, VerbOptions& options, bool required) {
  line.add_option("DOMAIN", options.domain, required ? "the domain" : "the domain; default: all")
      ->type_name("")
      ->required(required)
      ->check(check_domain);
}

void declare_generation(CLI::App& line, VerbOptions& options) {
  line.add_option("GENERATION", options.generation,
                  "a generation number, or 8 or more digits of a build; default: the previous one")
      ->type_name("")
      ->check(check_generation);
}

void declare_config(CLI::App& line, PluginOptions& plugin) {
  line.add_option("-c,--config", plugin.config,
                  "the domain's configuration: JSON, or a file with JSON")
      ->type_name("JSON|FILE");
}

void declare_inspection(CLI::App& line, PluginOptions& plugin) {
  line.add_option("FILE", plugin.file, "the plugin")->type_name("")->required();
  line.add_flag("--schema", plugin.schema, "show the fields of each action");
  line.add_flag("--routes", plugin.routes, "show the outcomes and the bounds of each route");
  declare_config(line, plugin);
}

void declare_verification(CLI::App& line, PluginOptions& plugin) {
  line.add_option("FILE", plugin.file, "the plugin")->type_name("");
  line.add_flag("--list", plugin.list, "list the tests with what each checks, and run none");
  line.add_option("--filter", plugin.filter, "run only tests whose name contains TEXT")
      ->type_name("TEXT");
  line.add_flag("--only-failed", plugin.only_failed, "print only failed tests and the summary");
  line.add_flag("--in-process", plugin.in_process, "run without child processes, for a debugger");
  line.add_option("--against", plugin.against,
                  "an older build: warn about removed, renamed and retyped event fields")
      ->type_name("FILE");
  line.add_option("--seed", plugin.seed, "the seed of the generated input; default 1")
      ->type_name("N");
  declare_config(line, plugin);
}

std::string general_help() {
  std::string text =
      "composable: an event-driven application host\n\nusage: composable VERB [FLAG…]\n\n";
  for (const Verb& verb : verbs()) {
    if (!verb.hidden) text += absl::StrFormat("  %-10s%s\n", verb.name, verb.summary);
  }
  text += "  help      print this, or the flags of a verb: help VERB\n\n";
  text += "exit codes: 0 success, 1 refused, 2 usage error, 141 output closed\n";
  return text;
}

int refuse(Invocation& call, const std::string& what) {
  call.err << "composable: " << what << "; see composable help\n";
  return kUsage;
}

int refuse_verb(Invocation& call, const std::string& name) {
  std::vector<std::string_view> names = {"help"};
  for (const Verb& verb : verbs()) {
    if (!verb.hidden) names.push_back(verb.name);
  }
  const std::string_view nearest = nearest_name(name, names);
  const std::string found = "no verb " + in_quotes(name, kLongestWord);
  return refuse(call,
                nearest.empty() ? found : absl::StrFormat("%s, did you mean %s?", found, nearest));
}

void declare(CLI::App& line, Verb::Kind kind, VerbOptions& options) {
  using Kind = Verb::Kind;
  switch (kind) {
    case Kind::kBare:
      return;
    case Kind::kNew:
      return declare_project(line, options.project);
    case Kind::kInspect:
      declare_inspection(line, options.plugin);
      break;
    case Kind::kVerify:
      declare_verification(line, options.plugin);
      break;
    default:
      declare_config_flags(line, options.flags);
  }
  if (kind == Kind::kServe) return;
  if (kind == Kind::kDev) {
    line.add_flag("--no-build", options.no_build,
                  "do not build; serve plugins that other tools build");
    return;
  }
  line.add_flag("--json", options.json, "print JSON");
  if (kind == Kind::kCheck) {
    line.add_flag("--replay", options.replay, "also evolve the stored events, as a reload does");
  }
  if (kind == Kind::kReload) declare_domain(line, options, false);
  if (kind == Kind::kRollback) {
    declare_domain(line, options, true);
    declare_generation(line, options);
  }
}

int act(const Verb& verb, std::vector<std::string> arguments, Invocation& call) {
  CLI::App line(std::string(verb.summary), "composable " + std::string(verb.name));
  VerbOptions options;
  declare(line, verb.kind, options);
  std::reverse(arguments.begin(), arguments.end());  // the parser takes from the end
  try {
    line.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    call.out << line.help();
    return 0;
  } catch (const CLI::ParseError& error) {
    std::string what;
    append_escaped(what, error.what());
    return refuse(call, absl::StrFormat("%s: %s", verb.name, what));
  }
  return verb.act(options, call);
}

}  // namespace

int run_command_line(const std::vector<std::string>& arguments, Invocation& call) {
  if (arguments.empty()) {
    call.err << general_help();
    return kUsage;
  }
  const std::string& first = arguments.front();
  std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (first == "--version" || first == "-V") return version_verb({}, call);
  if (first == "help" || first == "--help" || first == "-h") {
    if (rest.empty() || rest.front() == "help") {
      call.out << general_help();
      return 0;
    }
    const Verb* const verb = find_verb(rest.front());
    return verb == nullptr ? refuse_verb(call, rest.front()) : act(*verb, {"--help"}, call);
  }
  const Verb* const verb = find_verb(first);
  return verb == nullptr ? refuse_verb(call, first) : act(*verb, std::move(rest), call);
}

}  // namespace composable::host
