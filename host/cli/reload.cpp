// composable reload and composable rollback: ask a running host to serve another generation.
#include <ostream>

#include "absl/strings/str_format.h"
#include "cli/configured.hpp"
#include "cli/domain_name.hpp"
#include "cli/verbs.hpp"

namespace composable::host {
namespace {

constexpr unsigned kDone = 200;
constexpr std::size_t kShortestBuild = 8;  // digits; what is shorter is the number of a generation

// Prints the answer as it is: a line, or JSON.
int ask(const VerbOptions& options, Invocation& call, const std::string& target) {
  int exit_code = 0;
  const auto loaded = configured(options, call, exit_code);
  if (!loaded) return exit_code;
  const auto answer =
      call.app.ask_host(*loaded, "POST", target, options.json ? "application/json" : "text/plain");
  if (!answer.ok()) {
    call.err << "composable: " << std::string(answer.status().message()) << '\n';
    return 1;
  }
  const bool whole_line = answer->body.empty() || answer->body.back() == '\n';
  (answer->status == kDone ? call.out : call.err) << answer->body << (whole_line ? "" : "\n");
  return answer->status == kDone ? 0 : 1;
}

}  // namespace

int reload_verb(const VerbOptions& options, Invocation& call) {
  if (options.domain.empty()) return ask(options, call, "/_composable/api/reload");
  return ask(options, call, absl::StrFormat("/_composable/api/domains/%s/reload", options.domain));
}

int rollback_verb(const VerbOptions& options, Invocation& call) {
  std::string target = absl::StrFormat("/_composable/api/domains/%s/rollback", options.domain);
  if (!options.generation.empty()) {
    const bool is_number = options.generation.size() < kShortestBuild;
    target += absl::StrFormat("?%s=%s", is_number ? "generation" : "build", options.generation);
  }
  return ask(options, call, target);
}

}  // namespace composable::host
