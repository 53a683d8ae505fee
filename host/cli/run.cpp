// composable run: serves until SIGTERM or SIGINT.
#include "cli/configured.hpp"
#include "cli/verbs.hpp"

namespace composable::host {

int run_verb(const VerbOptions& options, Invocation& call) {
  int exit_code = 0;
  const auto loaded = configured(options, call, exit_code);
  return loaded ? call.app.run(*loaded) : exit_code;
}

}  // namespace composable::host
