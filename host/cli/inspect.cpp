// composable inspect: describes one plugin file.
#include "verify/inspect.hpp"

#include <ostream>

#include "cli/plugin_config.hpp"
#include "cli/verbs.hpp"
#include "observe/escaped.hpp"

namespace composable::host {

int inspect_verb(const VerbOptions& options, Invocation& call) {
  const auto config = plugin_config(options.plugin.config, call);
  if (!config) return 2;
  const Inspection inspection =
      call.app.inspect({.file = options.plugin.file,
                        .config = *config,
                        .style = {options.json, options.plugin.schema, options.plugin.routes}});
  call.out << inspection.text;
  if (inspection.ok()) return 0;
  std::string refusal;
  append_escaped(refusal, inspection.refusal);
  if (!options.json) call.err << "fail  " << refusal << '\n';
  return 1;
}

}  // namespace composable::host
