// composable errand: what inspect and verify start to look at a plugin, see verify/plugin_task.hpp.
#include "cli/verbs.hpp"

namespace composable::host {

int errand_verb(const VerbOptions&, Invocation& call) { return call.app.errand(); }

}  // namespace composable::host
