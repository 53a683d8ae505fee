// The binary `composable`: hands the command line, the environment and the host to cli/.
#include <unistd.h>

#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>

#include "app/composable_app.hpp"
#include "cli/command_line.hpp"

int main(int argc, char** argv) {
  using namespace composable::host;
  // A peer that left, and a file that has reached the limit, are errors of that write alone.
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
  try {
    const auto app = make_host_app();
    Invocation call{.app = *app, .out = std::cout, .err = std::cerr};
    for (char** entry = environ; *entry != nullptr; ++entry) call.environment.emplace_back(*entry);
    call.program = std::filesystem::read_symlink("/proc/self/exe");
    const int exit_code = run_command_line({argv + 1, argv + argc}, call);
    std::cout.flush();
    return exit_code != 0 || std::cout ? exit_code : 1;
  } catch (const std::exception& error) {
    std::cerr << "composable: " << error.what() << '\n';
    return 1;
  }
}
