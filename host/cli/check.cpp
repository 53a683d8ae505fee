#include <ostream>

#include "cli/configured.hpp"
#include "cli/report.hpp"
#include "cli/verbs.hpp"

namespace composable::host {

int check_verb(const VerbOptions& options, Surroundings& at) {
  int exit_code = 0;
  const auto loaded = configured(options, at, exit_code);
  if (!loaded) return exit_code;
  const CheckReport report = at.app.check(*loaded);
  at.out << (options.json ? check_json(report) : check_text(report));
  return report.ok() ? 0 : 1;
}

}  // namespace composable::host
