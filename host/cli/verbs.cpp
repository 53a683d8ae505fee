#include "cli/verbs.hpp"

#include <array>

namespace composable::host {
namespace {

constexpr std::array<Verb, 14> kVerbs = {{
    {"run", "serve the plugins until SIGTERM", true, false, run_verb},
    {"dev", "build a project, serve it, and do both again when a source changes", true, false,
     dev_verb, false, false, Verb::Names::kNothing, true},
    {"check", "load everything, serve nothing, say what was refused", true, true, check_verb},
    {"routes", "print every route and the command it sends", true, true, routes_verb},
    {"config", "print every setting and where it came from", true, true, config_verb},
    {.name = "inspect",
     .summary = "show what a plugin file is",
     .has_json = true,
     .act = inspect_verb,
     .inspects = true},
    {.name = "verify",
     .summary = "put a plugin file to the tests of its authors",
     .has_json = true,
     .act = verify_verb,
     .verifies = true},
    {"new", "write the project of a new domain", false, false, new_verb, true},
    {"reload", "have a running host load a plugin again, or all of them", true, true, reload_verb,
     false, false, Verb::Names::kMaybeDomain},
    {"rollback", "have a running host go back to an earlier generation", true, true, rollback_verb,
     false, false, Verb::Names::kDomainAndGeneration},
    {"version", "print the versions of the host and of its ABI", false, false, version_verb},
    {.name = "dev-host",
     .summary = "serve for composable dev",
     .reads_config = true,
     .act = dev_host_verb,
     .hidden = true},
    {"canary", "try a plugin for a host", false, false, canary_verb, false, true},
    {"plugin-task", "look at a plugin for inspect and verify", false, false, plugin_task_verb,
     false, true},
}};

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

}  // namespace composable::host
