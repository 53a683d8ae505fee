#include "verify/verify.hpp"

#include "absl/strings/str_format.h"
#include "verify/plugin_task.hpp"
#include "verify/test_list.hpp"

namespace composable::host {

void verify_plugin(const VerifyRequest& request, const TestDone& done) {
  const ScratchDirectory directory;
  std::string_view failed;  // a test on which the rest stands
  for (const VerifyTest& test : verify_tests()) {
    const bool asked = test.name.find(request.filter) != std::string_view::npos;
    if (!asked && !test.decisive) continue;
    if (test.run == test_against && request.against.empty()) continue;
    if (!failed.empty()) {
      if (asked) done(test.name, {Verdict::kSkipped, absl::StrFormat("%s has failed", failed)});
      continue;
    }
    const PluginTask task{.file = request.file,
                          .test = std::string(test.name),
                          .config = request.config,
                          .against = request.against,
                          .seed = request.seed};
    ChildProgress progress{};
    const TestOutcome outcome =
        request.in_process
            ? do_plugin_task(task, directory.path(), progress)
            : send_plugin_task(task, directory.path(), request.program, request.deadline);
    const bool stops = test.decisive && outcome.verdict == Verdict::kFailed;
    if (stops) failed = test.name;
    if (asked || stops) done(test.name, outcome);
  }
}

void list_tests(const TestListed& each) {
  for (const VerifyTest& test : verify_tests()) each(test.name, test.what);
}

}  // namespace composable::host
