#include "crash/crash_handler.hpp"

#include <poll.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string_view>
#include <utility>

#include "crash/crash_history.hpp"
#include "crash/crash_line.hpp"
#include "domain/plugin_call.hpp"
#include "observe/descriptor_sink.hpp"
#include "plugin/code_ranges.hpp"

namespace composable::host {
namespace {

struct Caught {
  int number;
  std::string_view name;
  struct sigaction before;
};

// Written before the signals are caught, read inside them.
std::array<Caught, 5> caught = {{{SIGSEGV, "SIGSEGV", {}},
                                 {SIGBUS, "SIGBUS", {}},
                                 {SIGILL, "SIGILL", {}},
                                 {SIGFPE, "SIGFPE", {}},
                                 {SIGABRT, "SIGABRT", {}}}};
LogFormat log_format = LogFormat::kText;
int crash_file_fd = -1;
std::atomic<bool> reporting{false};

Caught& entry_of(int number) {
  for (Caught& one : caught) {
    if (one.number == number) return one;
  }
  return caught.front();
}

std::uintptr_t instruction(const void* context) {
  const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return static_cast<std::uintptr_t>(machine.pc);
#else
#error "name the register that holds the address of the instruction"
#endif
}

std::int64_t unix_micros() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * std::int64_t{1'000'000} + now.tv_nsec / 1000;
}

// A plugin is to blame when the thread was in one, or ran the code of one on its own thread. A
// signal that another process sent blames no plugin.
CrashReport report_of(const Caught& signal, const siginfo_t& info, const void* context) {
  CrashReport report;
  report.crash.unix_micros = unix_micros();
  report.crash.signal = signal.name;
  const bool fault = info.si_code > 0;
  if (!fault && info.si_pid != ::getpid()) {
    report.sent_by = info.si_pid;
    return report;
  }
  if (fault) report.address = reinterpret_cast<std::uintptr_t>(info.si_addr);
  const auto owner = code_ranges::find(instruction(context));
  if (owner && owner->unloaded) report.unloaded = owner;
  if (const PluginCall* const call = PluginCall::innermost()) {
    report.crash.domain = call->label().domain;
    report.crash.build = call->label().build;
    report.crash.generation = call->label().generation;
    report.crash.in = hook_name(call->hook());
    report.crash.subject = call->subject();
    report.counts = hook_counts(call->hook());
  } else if (owner) {
    report.crash.domain = owner->domain;
    report.crash.build = owner->build;
    report.crash.generation = owner->generation;
    report.crash.in = owner->unloaded ? Crash::kUnloadedCode : Crash::kOwnThread;
  }
  return report;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void say(std::string_view line) {
  pollfd wanted{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (::poll(&wanted, 1, DescriptorSink::kPatienceMs) == 1) write_all(STDERR_FILENO, line);
}

// Restores the previous handler: a fault happens again when this returns; other signals are raised
// again.
void crashed(int number, siginfo_t* info, void* context) {
  while (reporting.exchange(true)) ::pause();  // another thread's crash was first
  const Caught& signal = entry_of(number);
  const CrashReport report = report_of(signal, *info, context);
  if (crash_file_fd >= 0 && !report.crash.build.empty()) {
    write_all(crash_file_fd, crash_record(report.crash).view());
  }
  say(crash_line(log_format, report).view());
  ::sigaction(number, &signal.before, nullptr);
  if (info->si_code <= 0) ::raise(number);
}

}  // namespace

void install_crash_handler(LogFormat format, UniqueFd crash_file) {
  static auto* const kept = new UniqueFd(std::move(crash_file));  // crashes come to the very end
  crash_file_fd = kept->get();
  log_format = format;
  struct sigaction action {};
  action.sa_sigaction = crashed;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  for (Caught& one : caught) ::sigaction(one.number, &action, &one.before);
}

}  // namespace composable::host
