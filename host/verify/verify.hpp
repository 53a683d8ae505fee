// verify_plugin runs the tests of one plugin, one after the other, each in a child process: what
// `composable verify` does. Any thread; blocks.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "verify/outcome.hpp"

namespace composable::host {

struct VerifyRequest {
  std::filesystem::path file;
  std::string config = "{}";  // of its domain, JSON
  std::string filter;         // only tests whose name contains this, and those that they build on
  std::uint64_t seed = 1;     // of all generated input
  bool in_process = false;    // for a debugger: all of them in this one
  std::filesystem::path against{};  // an older build, for the test of that name; empty: none
  std::filesystem::path program =
      "/proc/self/exe";  // whose verb `plugin-task` is run_plugin_task_child()
  std::chrono::milliseconds deadline{60'000};  // of each test
};

using TestDone = std::function<void(std::string_view test, const TestOutcome& outcome)>;

// Calls `done` as each test ends.
void verify_plugin(const VerifyRequest& request, const TestDone& done);

// Calls `each` with every test and what it checks.
using TestListed = std::function<void(std::string_view test, std::string_view what)>;
void list_tests(const TestListed& each);

}  // namespace composable::host
