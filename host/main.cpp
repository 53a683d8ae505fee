// The binary `composable`: hands the command line, the environment and the host to cli/.
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>

#include "app/composable_app.hpp"
#include "cli/command_line.hpp"
#include "runtime/descriptor_output.hpp"
#include "runtime/standard_descriptors.hpp"

namespace {

// As of a program that the signal has ended.
constexpr int kBrokenPipe = 128 + SIGPIPE;

// The exit code of the process when its verb has returned `code`. A reader that has closed the pipe
// is no failure; output that is lost for another reason is.
int exit_code(int code, const composable::host::DescriptorOutput& output) {
  if (output.error() == 0) return code;
  if (output.error() == EPIPE) return code == 0 ? kBrokenPipe : code;
  std::cerr << "composable: standard output cannot be written: " << std::strerror(output.error())
            << "; make room, or send it elsewhere\n";
  return code == 0 ? 1 : code;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace composable::host;
  open_standard_descriptors();
  // A peer that left, and a file that has reached the limit, are errors of that write alone.
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
  try {
    const auto app = make_host_app();
    DescriptorOutput output(STDOUT_FILENO);
    std::ostream out(&output);
    Invocation call{.app = *app, .out = out, .err = std::cerr};
    for (char** entry = environ; *entry != nullptr; ++entry) call.environment.emplace_back(*entry);
    call.program = std::filesystem::read_symlink("/proc/self/exe");
    return exit_code(run_command_line({argv + 1, argv + argc}, call), output);
  } catch (const std::exception& error) {
    std::cerr << "composable: " << error.what() << '\n';
    return 1;
  }
}
