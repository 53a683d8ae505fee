#include "cli/verbs.hpp"

#include <array>

namespace composable::host {
namespace {

using Kind = Verb::Kind;

constexpr std::array<Verb, 14> kVerbs = {{
    {.name = "run",
     .summary = "serve the plugins until SIGTERM",
     .kind = Kind::kServe,
     .act = run_verb},
    {.name = "dev",
     .summary = "build and serve a project; build again when a source changes",
     .kind = Kind::kDev,
     .act = dev_verb},
    {.name = "check",
     .summary = "load all plugins without serving, and report those that are refused",
     .kind = Kind::kCheck,
     .act = check_verb},
    {.name = "routes",
     .summary = "print every route and the command it sends",
     .kind = Kind::kReport,
     .act = routes_verb},
    {.name = "config",
     .summary = "print every setting and where it came from",
     .kind = Kind::kReport,
     .act = config_verb},
    {.name = "inspect",
     .summary = "describe a plugin file",
     .kind = Kind::kInspect,
     .act = inspect_verb},
    {.name = "verify",
     .summary = "run the conformance tests on a plugin file",
     .kind = Kind::kVerify,
     .act = verify_verb},
    {.name = "new",
     .summary = "create a project for a new domain",
     .kind = Kind::kNew,
     .act = new_verb},
    {.name = "reload",
     .summary = "reload one plugin, or all, in a running host",
     .kind = Kind::kReload,
     .act = reload_verb},
    {.name = "rollback",
     .summary = "go back to an earlier generation in a running host",
     .kind = Kind::kRollback,
     .act = rollback_verb},
    {.name = "version",
     .summary = "print the versions of the host and of its ABI",
     .kind = Kind::kBare,
     .act = version_verb},
    {.name = "dev-host",
     .summary = "serve for composable dev",
     .kind = Kind::kServe,
     .act = dev_host_verb,
     .hidden = true},
    {.name = "canary",
     .summary = "try a plugin for a host",
     .kind = Kind::kBare,
     .act = canary_verb,
     .hidden = true},
    {.name = "plugin-task",
     .summary = "run one task on a plugin for inspect and verify",
     .kind = Kind::kBare,
     .act = plugin_task_verb,
     .hidden = true},
}};

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

}  // namespace composable::host
