// Trials that a plugin or the machine ends: crashes, exits, hangs, and trials that cannot be made.
#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include "canary_fixture.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// --- ended by what it does ----------------------------------------------------------------------

TEST_F(CanaryTest, ACrashIsNamedByItsSignalAndItsPlace) {
  EXPECT_TRUE(refusal({.file = deadly("crashes_in_constructor.so")})
                  .starts_with("its trial ended with signal SIGSEGV in a static constructor; fix "
                               "the plugin"));
  EXPECT_EQ(code_, absl::StatusCode::kAborted);
  EXPECT_TRUE(refusal({.file = deadly("crashes_in_create.so")})
                  .starts_with("its trial ended with signal SIGSEGV in create; fix the plugin"));
  EXPECT_TRUE(refusal({.file = deadly("crashes_in_destroy.so")})
                  .starts_with("its trial ended with signal SIGSEGV in destroy or a static "
                               "destructor; fix the plugin"));
}

TEST_F(CanaryTest, ACrashIsNamedByTheEventThatItEvolved) {
  const std::string expected =
      "its trial ended with signal SIGSEGV while evolving Happened of stream \"order-1\" at "
      "position 7; fix the plugin";
  EXPECT_TRUE(refusal({.file = deadly("crashes_in_evolve.so"),
                       .config = {},
                       .events = events_of("Happened", "{}", 10)})
                  .starts_with(expected));
  EXPECT_TRUE(refusal({.file = deadly("crashes_in_evolve.so"),
                       .config = {},
                       .events = events_of("Happened", std::string(10'000, ' '), 10'000)})
                  .starts_with(expected))
      << "also when the host is still writing";
}

TEST_F(CanaryTest, ACrashAndAHangAreNamedByTheStateThatItImported) {
  const fs::path file = deadly("dies_in_import.so");
  EXPECT_TRUE(refusal({.file = file, .state = one_state(1, "crash")})
                  .starts_with("its trial ended with signal SIGSEGV while importing a state of "
                               "schema 1; fix the plugin"));
  EXPECT_EQ(refusal({.file = file, .state = one_state(1, "hang"), .deadline = milliseconds(1500)}),
            "its trial hung while importing a state of schema 1 for 1.5 s; that must return at "
            "once, since others wait");
}

TEST_F(CanaryTest, WhatItWroteIsInTheError) {
  const std::string text = refusal({.file = deadly("crashes_in_create.so")});
  EXPECT_NE(text.find(R"(; it wrote "the \"library\" is away\n)"), std::string::npos) << text;
}

TEST_F(CanaryTest, EndingTheProcessIsNamedByItsExitCode) {
  EXPECT_TRUE(refusal({.file = deadly("exits_in_create.so")})
                  .starts_with("its trial ended with exit code 3 in create; a plugin must not end "
                               "the process"));
  EXPECT_EQ(code_, absl::StatusCode::kAborted);
}

TEST_F(CanaryTest, AHangIsEndedAtTheDeadlineWithAllThatItStarted) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);  // what it leaves becomes this process's child
  EXPECT_EQ(refusal({.file = deadly("hangs_in_entry.so"),
                     .config = {},
                     .events = {},
                     .deadline = milliseconds(1500)}),
            "its trial hung in entry for 1.5 s; that must return at once, since others wait");
  EXPECT_EQ(code_, absl::StatusCode::kDeadlineExceeded);
  int how = 0;
  ::alarm(30);  // or this would wait for ever
  EXPECT_GT(::waitpid(-1, &how, 0), 0);
  ::alarm(0);
  EXPECT_TRUE(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

TEST_F(CanaryTest, ALongLogIsNotCalledAHang) {
  const auto for_ever = events_of("OrderPlaced", kPlaced, ~std::uint64_t{0});
  const std::string text =
      refusal({.file = orders_, .config = {}, .events = for_ever, .deadline = milliseconds(700)});
  EXPECT_TRUE(text.starts_with("its trial was not over after 0.7 s, it ended while ")) << text;
  EXPECT_TRUE(text.ends_with("; make decode and evolve faster, or restart the host with it"))
      << text;
}

// --- when the trial cannot be made --------------------------------------------------------------

TEST_F(CanaryTest, ALogThatCannotBeReadSaysNothingAboutTheFile) {
  EXPECT_EQ(refusal({.file = orders_,
                     .config = {},
                     .events = [](std::string_view,
                                  const auto&) { return absl::DataLossError("page 7 is bad"); }}),
            "it could not be tried: page 7 is bad");
  EXPECT_EQ(code_, absl::StatusCode::kUnavailable);
}

TEST_F(CanaryTest, AStateThatCannotBeExportedSaysNothingAboutTheFile) {
  const auto halted = [](std::string_view) -> absl::StatusOr<std::optional<ExportedState>> {
    return absl::FailedPreconditionError("counter: the domain is halted");
  };
  EXPECT_EQ(refusal({.file = COUNTER_PLUGIN, .state = halted}),
            "it could not be tried: counter: the domain is halted");
  EXPECT_EQ(code_, absl::StatusCode::kUnavailable);
}

TEST_F(CanaryTest, AProgramThatIsNoCanarySaysNothingAboutTheFile) {
  const auto tried_by = [&](const char* program) {
    return Canary(*run_, program).try_candidate({.file = orders_}).status();
  };
  EXPECT_EQ(tried_by("/nowhere/composable"),
            absl::UnavailableError(orders_.string() + ": it could not be tried: "
                                                      "/nowhere/composable cannot be started: No "
                                                      "such file or directory"));
  EXPECT_EQ(tried_by("/bin/false"),
            absl::UnavailableError(orders_.string() +
                                   ": it could not be tried: the canary ended with exit code 1 "
                                   "before it began; look at the machine and at the host's "
                                   "executable"));
}

TEST_F(CanaryTest, NobodyElseCanStartIt) {
  char name[] = "plugin_tests", verb[] = "canary";
  char* const arguments[] = {name, verb, nullptr};
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addclosefrom_np(&files, 3);
  pid_t pid = 0;
  ASSERT_EQ(::posix_spawn(&pid, "/proc/self/exe", &files, nullptr, arguments, environ), 0);
  ::posix_spawn_file_actions_destroy(&files);
  int how = 0;
  ASSERT_EQ(::waitpid(pid, &how, 0), pid);
  EXPECT_TRUE(WIFEXITED(how));
  EXPECT_EQ(WEXITSTATUS(how), 2);
}

}  // namespace
}  // namespace composable::host
