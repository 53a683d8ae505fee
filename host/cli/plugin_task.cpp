// composable plugin-task: the child process of inspect and verify, see verify/plugin_task.hpp.
#include "cli/verbs.hpp"

namespace composable::host {

int plugin_task_verb(const VerbOptions&, Invocation& call) { return call.app.plugin_task(); }

}  // namespace composable::host
