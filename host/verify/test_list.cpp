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
});

}  // namespace

std::span<const VerifyTest> verify_tests() { return kTests; }

const VerifyTest* find_test(std::string_view name) {
  const auto it = std::find_if(kTests.begin(), kTests.end(),
                               [name](const VerifyTest& test) { return test.name == name; });
  return it == kTests.end() ? nullptr : &*it;
}

}  // namespace composable::host
