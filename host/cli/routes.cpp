// composable routes: prints every route and the command it sends.
#include <ostream>

#include "cli/configured.hpp"
#include "cli/report.hpp"
#include "cli/verbs.hpp"

namespace composable::host {

int routes_verb(const VerbOptions& options, Invocation& call) {
  int exit_code = 0;
  const auto loaded = configured(options, call, exit_code);
  if (!loaded) return exit_code;
  const RoutesReport report = call.app.routes(*loaded);
  call.out << (options.json ? routes_json(report) : routes_text(report));
  call.err << refusals_text(report.loaded);
  return report.loaded.ok() ? 0 : 1;
}

}  // namespace composable::host
