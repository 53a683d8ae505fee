#include "verify/test_list.hpp"

#include <algorithm>
#include <array>

namespace composable::host {
namespace {

constexpr std::array kTests = std::to_array<VerifyTest>({
    {"file", "whole, made for this machine, with a note, an entry and an ABI that fit", test_file,
     true},
    {"lint", "nothing in the file keeps the plugin from being reloaded", test_lint},
    {"load", "a host maps it, enters it, and creates its state", test_load, true},
    {"tables", "every table and schema holds together", test_tables},
    {"older-host", "works without extensions, and reads no table beyond its end", test_older_host},
    {"lifecycle", "created and destroyed a hundred times it leaves no memory behind",
     test_lifecycle},
    {"bad-config", "a configuration that it cannot use is refused with a message", test_bad_config},
    {"codec", "reads what its schemas allow, and what it writes itself", test_codec},
    {"codec-fuzz", "damaged payloads are refused with a message, and nothing else happens",
     test_codec_fuzz},
    {"effects", "decide says to the sink what the host takes, and does not throw", test_effects},
    {"determinism", "decide depends on its arguments alone, and leaves the state as it was",
     test_determinism},
    {"evolve-replay", "what it emitted makes the same state again", test_evolve_replay},
    {"internal", "internal actions are decided like commands, whatever the state", test_internal},
    {"topics", "what other domains publish is read or refused, and decided like a command",
     test_topics},
    {"against", "the events that the build of --against has stored can still be read",
     test_against},
    {"state", "the next build gets the state that was exported, and takes nothing else",
     test_state},
    {"routes", "requests are read or refused, and every outcome has an answer", test_routes},
    {"jobs", "a job that it has not declared is refused", test_jobs},
    {"threads", "the codec serves many threads, the reducer any one of them", test_threads},
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
