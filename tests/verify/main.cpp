// The tests' executable does its own tasks, as the host does.
#include <gmock/gmock.h>

#include <string_view>

#include "verify/plugin_task.hpp"

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "plugin-task") {
    return composable::host::run_plugin_task_child();
  }
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
