#include <ostream>

#include "cli/configured.hpp"
#include "cli/report.hpp"
#include "cli/verbs.hpp"

namespace composable::host {

int routes_verb(const VerbOptions& options, Surroundings& at) {
  int exit_code = 0;
  const auto loaded = configured(options, at, exit_code);
  if (!loaded) return exit_code;
  const RoutesReport report = at.app.routes(*loaded);
  at.out << (options.json ? routes_json(report) : routes_text(report));
  at.err << refusals_text(report.loaded);
  return report.loaded.ok() ? 0 : 1;
}

}  // namespace composable::host
