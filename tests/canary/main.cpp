// The tests' executable is its own canary, as the host is.
#include <gtest/gtest.h>

#include <string_view>

#include "canary/canary_child.hpp"

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "canary") {
    return composable::host::run_canary_child();
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
