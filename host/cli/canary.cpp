// composable canary: the child process in which a host tries a plugin, see canary/canary.hpp.
#include "cli/verbs.hpp"

namespace composable::host {

int canary_verb(const VerbOptions&, Invocation& call) { return call.app.canary(); }

}  // namespace composable::host
