// The verbs of `composable`. Each is called once, on the main thread.
#pragma once
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/host_app.hpp"
#include "config/load.hpp"

namespace composable::host {

// One call of the program: its input, and where it prints.
struct Invocation {
  std::vector<std::string> environment;  // NAME=value
  std::filesystem::path program;         // of the running executable
  HostApp& app;
  std::ostream& out;
  std::ostream& err;
};

// The options of `new`.
struct NewProject {
  std::string kind;  // domain
  std::string name;
  bool in_c = false;
  std::string directory;  // empty: one called like the project
};

// The options of the verbs that work on one plugin.
struct PluginOptions {
  std::string file;
  std::string config;                   // the domain's configuration: JSON, or a file with JSON
  bool schema = false, routes = false;  // inspect
  bool only_failed = false, in_process = false, list = false;  // verify
  std::string filter;
  std::string against;  // an older build; empty: none
  std::uint64_t seed = 1;
};

struct VerbOptions {
  Flags flags;
  bool json = false;
  bool replay = false;  // check: evolve the stored events too
  NewProject project;
  std::string domain;      // empty: all of them
  std::string generation;  // its number, or the beginning of its build; empty: the one before
  bool no_build = false;   // dev: do not build; serve plugins that other tools build
  PluginOptions plugin;
};

// A command of the command line. Exit codes: 0 success, 1 refused, 2 usage error.
struct Verb {
  // What it takes.
  enum class Kind : std::uint8_t {
    kBare,      // nothing
    kServe,     // the flags of the configuration, as all of the next five do
    kDev,       // --no-build
    kReport,    // --json
    kCheck,     // --json, --replay
    kReload,    // --json, a domain or none
    kRollback,  // --json, a domain, and a generation or none
    kInspect,   // a plugin file, --json, and what to show of it
    kVerify,    // a plugin file, --json, and how to test it
    kNew,       // the kind and name of a project
  };

  std::string_view name;
  std::string_view summary;
  Kind kind;
  int (*act)(const VerbOptions& options, Invocation& call);
  bool hidden = false;  // called by hosts: not in the help
};

// One file each.
int run_verb(const VerbOptions& options, Invocation& call);
int check_verb(const VerbOptions& options, Invocation& call);
int routes_verb(const VerbOptions& options, Invocation& call);
int config_verb(const VerbOptions& options, Invocation& call);
int new_verb(const VerbOptions& options, Invocation& call);
int dev_verb(const VerbOptions& options, Invocation& call);
int dev_host_verb(const VerbOptions& options, Invocation& call);
int reload_verb(const VerbOptions& options, Invocation& call);
int rollback_verb(const VerbOptions& options, Invocation& call);
int version_verb(const VerbOptions& options, Invocation& call);
int inspect_verb(const VerbOptions& options, Invocation& call);
int verify_verb(const VerbOptions& options, Invocation& call);
int canary_verb(const VerbOptions& options, Invocation& call);
int plugin_task_verb(const VerbOptions& options, Invocation& call);

// All of them, in the order of the help.
std::span<const Verb> verbs();

}  // namespace composable::host
