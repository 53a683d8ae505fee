// verify_tests lists the tests of `composable verify` in the order in which they run: each builds
// on those before it. Each is a function in the file of its kind. Immutable; any thread.
#pragma once
#include <span>
#include <string_view>

#include "verify/plugin_under_test.hpp"

namespace composable::host {

struct VerifyTest {
  std::string_view name;
  std::string_view what;  // it checks, for people
  void (*run)(PluginUnderTest&);
  bool decisive = false;  // when it fails, the tests after it are skipped
};

std::span<const VerifyTest> verify_tests();
const VerifyTest* find_test(std::string_view name);  // null: there is none

// file_tests.cpp
void test_file(PluginUnderTest& tested);
void test_lint(PluginUnderTest& tested);
void test_load(PluginUnderTest& tested);
void test_tables(PluginUnderTest& tested);
// lifecycle_tests.cpp
void test_older_host(PluginUnderTest& tested);
void test_lifecycle(PluginUnderTest& tested);
void test_bad_config(PluginUnderTest& tested);
void test_unload(PluginUnderTest& tested);
// codec_tests.cpp
void test_codec(PluginUnderTest& tested);
void test_codec_fuzz(PluginUnderTest& tested);
void test_threads(PluginUnderTest& tested);
// reducer_tests.cpp
void test_effects(PluginUnderTest& tested);
void test_determinism(PluginUnderTest& tested);
void test_evolve_replay(PluginUnderTest& tested);
void test_internal(PluginUnderTest& tested);
void test_topics(PluginUnderTest& tested);
// compatibility_tests.cpp
void test_against(PluginUnderTest& tested);
// state_tests.cpp
void test_state(PluginUnderTest& tested);
// route_tests.cpp
void test_routes(PluginUnderTest& tested);
void test_jobs(PluginUnderTest& tested);

}  // namespace composable::host
