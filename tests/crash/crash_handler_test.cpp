// The handler in a process that dies of what it is told. Crashes of real plugins: tests/behaviour.
#include "crash/crash_handler.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "domain/plugin_call.hpp"
#include "plugin/code_ranges.hpp"

namespace composable::host {
namespace {

#ifdef CRASH_TEST_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

int* volatile nowhere = reinterpret_cast<int*>(16);

// How a process ends by `signal`: a sanitizer reports after the host, and ends it in its own way.
class Ends {
 public:
  explicit Ends(int signal) : signal_(signal) {}
  bool operator()(int status) const {
    return kSanitized || (WIFSIGNALED(status) && WTERMSIG(status) == signal_);
  }

 private:
  const int signal_;
};

PluginLabel orders() {
  PluginLabel label;
  label.domain = "orders";
  label.build = "9f2c41d0";
  label.generation = 2;
  label.actions = {"PlaceOrder"};
  return label;
}

void install() { install_crash_handler(LogFormat::kText, UniqueFd()); }

TEST(CrashHandlerDeathTest, ACallIntoUnloadedCodeIsNamed) {
  EXPECT_EXIT(
      {
        install();
        void* const page = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        const auto begin = reinterpret_cast<std::uintptr_t>(page);
        code_ranges::enter({begin, begin + 4096}, orders());
        ::munmap(page, 4096);
        code_ranges::retire({begin, begin + 4096});
        reinterpret_cast<void (*)()>(begin + 64)();
      },
      Ends(SIGSEGV),
      "error orders crashed signal=SIGSEGV address=0x[0-9a-f]+ in=unloaded_code generation=2 "
      "build=9f2c41d0 detail=\"call into the unloaded generation orders#2\"");
}

TEST(CrashHandlerDeathTest, ACrashOutsideOfAnyPluginIsTheHosts) {
  EXPECT_EXIT(
      {
        install();
        *nowhere = 1;
      },
      Ends(SIGSEGV), "error host crashed signal=SIGSEGV address=0x10\n");
}

TEST(CrashHandlerDeathTest, AbortIsCaughtAndStaysAnAbort) {
  const PluginLabel label = orders();
  EXPECT_EXIT(
      {
        install();
        const PluginCall in_plugin(label, Hook::kDecide, 0);
        std::abort();
      },
      Ends(SIGABRT),
      "error orders crashed signal=SIGABRT in=decide action=PlaceOrder generation=2 ");
}

TEST(CrashHandlerDeathTest, OfTwoThreadsThatCrashOneIsReported) {
  const PluginLabel label = orders();
  EXPECT_EXIT(
      {
        install();
        const auto crash = [&label] {
          const PluginCall in_plugin(label, Hook::kEvolve);
          *nowhere = 1;
        };
        std::thread other(crash);
        crash();
        other.join();
      },
      Ends(SIGSEGV), "error orders crashed");
}

TEST(CrashHandlerDeathTest, AStandardErrorThatNobodyReadsDoesNotKeepItFromEnding) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer's own report would wait for a reader";
  EXPECT_EXIT(
      {
        install();
        int ends[2];
        const bool piped = ::pipe2(ends, O_NONBLOCK) == 0;
        while (piped && ::write(ends[1], "x", 1) == 1) {
        }
        ::fcntl(ends[1], F_SETFL, 0);
        ::dup2(ends[1], STDERR_FILENO);
        ::raise(SIGFPE);
      },
      Ends(SIGFPE), "");
}

}  // namespace
}  // namespace composable::host
