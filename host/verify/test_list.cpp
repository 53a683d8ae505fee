#include "verify/test_list.hpp"

#include <algorithm>
#include <array>

namespace composable::host {
namespace {

constexpr std::array kTests = std::to_array<VerifyTest>({
    {"file", "complete, built for this machine, with a note, an entry and a compatible ABI",
     test_file, true},
    {"lint", "nothing in the file keeps the plugin from being reloaded", test_lint},
    {"load", "a host can map it, call its entry and create its state", test_load, true},
    {"tables", "every table and schema is consistent", test_tables},
    {"older-host", "works without extensions, and reads no table beyond its end", test_older_host},
    {"lifecycle", "creating and destroying it a hundred times leaks no memory", test_lifecycle},
    {"bad-config", "a configuration that it cannot use is refused with a message", test_bad_config},
    {"codec", "reads what its schemas allow, and what it writes itself", test_codec},
    {"codec-fuzz", "damaged payloads are refused with a message, and nothing else happens",
     test_codec_fuzz},
    {"effects", "decide emits only effects that the host accepts, and does not throw",
     test_effects},
    {"determinism", "decide depends on its arguments alone, and leaves the state as it was",
     test_determinism},
    {"evolve-replay", "a replay of its events makes the same state", test_evolve_replay},
    {"internal", "internal actions are decided like commands, whatever the state", test_internal},
    {"topics", "what other domains publish is read or refused, and decided like a command",
     test_topics},
    {"against", "the events that the build of --against has stored can still be read",
     test_against},
    {"state", "the next build imports the state that was exported, and nothing else", test_state},
    {"routes", "requests are read or refused, and every outcome has an answer", test_routes},
    {"jobs", "a job that it has not declared is refused", test_jobs},
    {"threads", "the codec runs on many threads at once, the reducer on any one", test_threads},
    {"unload", "unmapped each time, with no thread or file left", test_unload},
});

}  // namespace

std::span<const VerifyTest> verify_tests() { return kTests; }

const VerifyTest* find_test(std::string_view name) {
  const auto it = std::find_if(kTests.begin(), kTests.end(),
                               [name](const VerifyTest& test) { return test.name == name; });
  return it == kTests.end() ? nullptr : &*it;
}

}  // namespace composable::host
