// The tests of `composable verify`, in the order in which they are made: what comes first is what
// the others stand on. Each is a function in the file of its kind. Immutable; any thread.
#pragma once
#include <span>
#include <string_view>

#include "verify/plugin_under_test.hpp"

namespace composable::host {

struct VerifyTest {
  std::string_view name;
  std::string_view what;  // it asks, for people
  void (*run)(Subject&);
  bool decisive = false;  // when it fails, there is no use in those after it
};

std::span<const VerifyTest> verify_tests();
const VerifyTest* find_test(std::string_view name);  // null: there is none

// file_tests.cpp
void test_file(Subject& subject);
void test_lint(Subject& subject);
void test_load(Subject& subject);
void test_tables(Subject& subject);
// lifecycle_tests.cpp
void test_older_host(Subject& subject);
void test_lifecycle(Subject& subject);
void test_bad_config(Subject& subject);
void test_unload(Subject& subject);
// codec_tests.cpp
void test_codec(Subject& subject);
void test_codec_fuzz(Subject& subject);
void test_threads(Subject& subject);
// reducer_tests.cpp
void test_effects(Subject& subject);
void test_determinism(Subject& subject);
void test_evolve_replay(Subject& subject);
// state_tests.cpp
void test_state(Subject& subject);
// route_tests.cpp
void test_routes(Subject& subject);
void test_jobs(Subject& subject);

}  // namespace composable::host
