// What `composable` can be told to do, and the host as the verbs see it. host/app makes the host;
// tests make their own. Called once, on the main thread.
#pragma once
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"

namespace composable::host {

// One plugin file, as loading it turned out.
struct DomainCheck {
  bool ok = false;
  std::string name;  // the domain's; of a file that does not say, the file's without `.so`
  std::string file;
  std::string reason;  // of the refusal
  std::string version;
  std::string abi;  // `0.1`
  std::size_t routes = 0;
  std::size_t topics = 0;  // that it listens to
};

struct CheckReport {
  std::vector<DomainCheck> domains;  // in load order
  std::vector<std::string> problems;  // what is wrong beside single plugins: a missing directory, …

  bool ok() const;
};

struct RouteLine {
  std::string method, pattern, domain, action;
};

struct TopicLine {
  std::string topic, domain, action;
};

struct RoutesReport {
  std::vector<RouteLine> routes;
  std::vector<TopicLine> topics;  // who listens to what
  CheckReport loaded;             // what did not load has no routes here
};

class HostApp {
 public:
  virtual ~HostApp() = default;
  // Serves until it is told to end; the exit code.
  virtual int run(const LoadedConfig& config) = 0;
  // Both load everything and serve nothing.
  virtual CheckReport check(const LoadedConfig& config) = 0;
  virtual RoutesReport routes(const LoadedConfig& config) = 0;
};

// Defined by host/app.
std::unique_ptr<HostApp> make_host_app();

// Where the process stands: what it was given, and where it prints.
struct Surroundings {
  std::vector<std::string> environment;  // NAME=value
  std::filesystem::path program;         // of the running executable
  HostApp& app;
  std::ostream& out;
  std::ostream& err;
};

struct VerbOptions {
  Flags flags;
  bool json = false;
};

// One word of the command line. Exit codes: 0 as asked, 1 something was refused, 2 usage.
struct Verb {
  std::string_view name;
  std::string_view summary;
  bool reads_config = false;  // takes the flags of the configuration
  bool has_json = false;      // takes --json
  int (*act)(const VerbOptions& options, Surroundings& at);
};

// One file each.
int run_verb(const VerbOptions& options, Surroundings& at);
int check_verb(const VerbOptions& options, Surroundings& at);
int routes_verb(const VerbOptions& options, Surroundings& at);
int config_verb(const VerbOptions& options, Surroundings& at);
int version_verb(const VerbOptions& options, Surroundings& at);

// All of them, in the order of the help.
std::span<const Verb> verbs();

}  // namespace composable::host
