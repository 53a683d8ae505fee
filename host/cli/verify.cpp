// composable verify: runs the conformance tests on one plugin file.
#include "verify/verify.hpp"

#include <ostream>
#include <utility>

#include "absl/strings/str_format.h"
#include "cli/plugin_config.hpp"
#include "cli/verbs.hpp"
#include "observe/escaped.hpp"
#include "runtime/json_object.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kLongestFilter = 64;

// Fit for a terminal, with the quotes of the JSON in it as they are.
std::string shown_reason(std::string_view reason) {
  std::string out;
  for (;;) {
    const std::size_t quote = reason.find('"');
    append_escaped(out, reason.substr(0, quote));
    if (quote == reason.npos) return out;
    out += '"';
    reason.remove_prefix(quote + 1);
  }
}

// Prints the tests as they end, and counts them. With --json the tests are one array of an object
// that the counts end, written as it grows.
class Lines {
 public:
  Lines(const VerbOptions& options, std::ostream& out) : options_(options), out_(out) {
    if (options.json) out_ << "{\"tests\":[";
  }

  void add(std::string_view test, const TestOutcome& outcome) {
    ++counts_[static_cast<std::size_t>(outcome.verdict)];
    const bool wanted = !options_.plugin.only_failed || outcome.verdict == Verdict::kFailed;
    if (!wanted) return;
    if (options_.json) {
      out_ << std::exchange(comma_, ",")
           << JsonObject()
                  .text("name", test)
                  .text("verdict", verdict_name(outcome.verdict))
                  .text("reason", outcome.reason)
                  .end();
      return;
    }
    out_ << absl::StrFormat("%-7s  %s%s%s\n", verdict_name(outcome.verdict), test,
                            outcome.reason.empty() ? "" : ": ", shown_reason(outcome.reason));
    out_.flush();  // the next test may take long
  }

  // The exit code.
  int finish() {
    const std::size_t failed = count(Verdict::kFailed);
    const std::size_t all =
        count(Verdict::kPassed) + failed + count(Verdict::kWarning) + count(Verdict::kSkipped);
    if (options_.json) {
      const std::string counts = JsonObject()
                                     .number("seed", options_.plugin.seed)
                                     .number("passed", count(Verdict::kPassed))
                                     .number("failed", failed)
                                     .number("warnings", count(Verdict::kWarning))
                                     .number("skipped", count(Verdict::kSkipped))
                                     .end();
      out_ << "]," << std::string_view(counts).substr(1) << '\n';  // in the object begun above
    } else {
      out_ << absl::StrFormat("%d %s, %d passed, %d failed", all, all == 1 ? "test" : "tests",
                              count(Verdict::kPassed), failed);
      if (count(Verdict::kWarning) != 0) {
        out_ << absl::StrFormat(", %d with a warning", count(Verdict::kWarning));
      }
      if (count(Verdict::kSkipped) != 0) {
        out_ << absl::StrFormat(", %d skipped", count(Verdict::kSkipped));
      }
      out_ << '\n';
    }
    return failed == 0 ? 0 : 1;
  }

 private:
  std::size_t count(Verdict verdict) const { return counts_[static_cast<std::size_t>(verdict)]; }

  const VerbOptions& options_;
  std::ostream& out_;
  std::size_t counts_[4] = {};
  const char* comma_ = "";
};

}  // namespace

int verify_verb(const VerbOptions& options, Invocation& call) {
  const PluginOptions& plugin = options.plugin;
  if (plugin.list) {
    call.app.list_tests([&](std::string_view test, std::string_view what) {
      if (test.find(plugin.filter) == test.npos) return;
      call.out << absl::StrFormat("%-13s  %s\n", test, what);
    });
    return 0;
  }
  if (plugin.file.empty()) {
    call.err << "composable: verify: FILE is required; see composable help\n";
    return 2;
  }
  bool asked = false;
  call.app.list_tests([&](std::string_view test, std::string_view) {
    asked = asked || test.find(plugin.filter) != test.npos;
  });
  if (!asked) {
    call.err << absl::StrFormat("composable: verify: no test has %s in its name; see --list\n",
                                in_quotes(plugin.filter, kLongestFilter));
    return 2;
  }
  const auto config = plugin_config(plugin.config, call);
  if (!config) return 2;
  Lines lines(options, call.out);
  call.app.verify(
      {.file = plugin.file,
       .config = *config,
       .filter = plugin.filter,
       .seed = plugin.seed,
       .in_process = plugin.in_process,
       .against = plugin.against},
      [&](std::string_view test, const TestOutcome& outcome) { lines.add(test, outcome); });
  return lines.finish();
}

}  // namespace composable::host
