#include "cli/configured.hpp"
#include "cli/verbs.hpp"

namespace composable::host {

int run_verb(const VerbOptions& options, Surroundings& at) {
  int exit_code = 0;
  const auto loaded = configured(options, at, exit_code);
  return loaded ? at.app.run(*loaded) : exit_code;
}

}  // namespace composable::host
