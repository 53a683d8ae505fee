// composable check: loads all plugins without serving them, and reports those that are refused.
#include <ostream>

#include "cli/configured.hpp"
#include "cli/report.hpp"
#include "cli/verbs.hpp"

namespace composable::host {

int check_verb(const VerbOptions& options, Invocation& call) {
  int exit_code = 0;
  const auto loaded = configured(options, call, exit_code);
  if (!loaded) return exit_code;
  const CheckReport report = call.app.check(*loaded, options.replay);
  call.out << (options.json ? check_json(report) : check_text(report));
  return report.ok() ? 0 : 1;
}

}  // namespace composable::host
