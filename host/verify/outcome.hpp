// A TestOutcome is the result of a test or a description of a plugin. fail(), warn() and skip()
// end a test early. Any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace composable::host {

enum class Verdict : std::uint8_t { kPassed, kFailed, kWarning, kSkipped };

constexpr std::string_view verdict_name(Verdict verdict) {
  constexpr std::string_view kNames[] = {"PASSED", "FAILED", "WARNING", "SKIPPED"};
  return kNames[static_cast<std::size_t>(verdict)];
}

struct TestOutcome {
  Verdict verdict = Verdict::kPassed;
  std::string reason;  // where: what was wrong, what was found; what to do
};

// Ends a test from anywhere in it: thrown by the functions below, caught where the test was called.
// A test that returns has passed.
struct TestEnd {
  TestOutcome outcome;
};
[[noreturn]] inline void fail(std::string reason) {
  throw TestEnd{{Verdict::kFailed, std::move(reason)}};
}
[[noreturn]] inline void warn(std::string reason) {
  throw TestEnd{{Verdict::kWarning, std::move(reason)}};
}
[[noreturn]] inline void skip(std::string reason) {
  throw TestEnd{{Verdict::kSkipped, std::move(reason)}};
}

}  // namespace composable::host
