// run_command_line parses the command line and runs its verb. main() calls it on the main thread.
#pragma once
#include <string>
#include <vector>

#include "cli/verbs.hpp"

namespace composable::host {

// `arguments` without the program's name; the exit code.
int run_command_line(const std::vector<std::string>& arguments, Invocation& call);

}  // namespace composable::host
