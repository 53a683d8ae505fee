// What `composable` can be told to do. Called once, on the main thread.
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

// One call of the program: what it was given, and where it prints.
struct Invocation {
  std::vector<std::string> environment;  // NAME=value
  std::filesystem::path program;         // of the running executable
  HostApp& app;
  std::ostream& out;
  std::ostream& err;
};

// What `new` is to write.
struct NewProject {
  std::string kind;  // domain
  std::string name;
  bool in_c = false;
  std::string directory;  // empty: one called like the project
};

// What the verbs that look at one plugin are told.
struct PluginOptions {
  std::string file;
  std::string config;                   // of its domain: JSON, or a file that holds it
  bool schema = false, routes = false;  // inspect
  bool only_failed = false, in_process = false, list = false;  // verify
  std::string filter;
  std::uint64_t seed = 1;
};

struct VerbOptions {
  Flags flags;
  bool json = false;
  NewProject project;
  std::string domain;            // empty: all of them
  std::uint64_t generation = 0;  // 0: the one before
  bool no_build = false;         // dev: serve what others build
  PluginOptions plugin;
};

// One word of the command line. Exit codes: 0 as asked, 1 something was refused, 2 usage.
struct Verb {
  std::string_view name;
  std::string_view summary;
  bool reads_config = false;  // takes the flags of the configuration
  bool has_json = false;      // takes --json
  int (*act)(const VerbOptions& options, Invocation& call);
  bool makes_project = false;  // takes KIND, NAME and the flags of a new project
  bool hidden = false;         // for hosts, not for people: no word of it in the help
  enum class Names : std::uint8_t { kNothing, kMaybeDomain, kDomainAndGeneration };
  Names names = Names::kNothing;
  bool builds = false;    // takes --no-build
  bool inspects = false;  // takes FILE and what is to be shown of it
  bool verifies = false;  // takes FILE and how it is to be tested
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
