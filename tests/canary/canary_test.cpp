#include "canary/canary.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>

#include "child/frames.hpp"
#include "plugin/loader.hpp"
#include "plugin_files.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class CanaryTest : public testing::Test {
 protected:
  static fs::path deadly(std::string_view name) { return fs::path(DEADLY_PLUGINS_DIR) / name; }

  // `count` events of one type at the positions 1, 3, 5…
  static auto events_of(std::string type, std::string data, std::uint64_t count) {
    return [=](std::string_view, const CanaryTrial::Visit& visit) {
      for (std::uint64_t i = 0; i < count; ++i) {
        const absl::Status visited = visit({.position = 2 * i + 1,
                                            .version = i + 1,
                                            .stream = "order-1",
                                            .type = type,
                                            .data = data,
                                            .actor = "ada",
                                            .recorded_at_us = 1'700'000'000'000'000,
                                            .id = {},
                                            .correlation = {},
                                            .cause = {}});
        if (!visited.ok()) return visited;
      }
      return absl::OkStatus();
    };
  }
  static auto one_sample(std::string type, std::string data) {
    return [=](std::string_view) { return std::vector<CanarySample>{{type, data}}; };
  }

  static auto one_state(std::uint32_t schema, std::string data) {
    return [=](std::string_view) { return ExportedState{schema, data}; };
  }

  // Why the file is not taken, without its name.
  std::string refusal(const CanaryTrial& trial) {
    const auto report = canary_.try_candidate(trial);
    code_ = report.status().code();
    const std::string where = trial.file.string() + ": ";
    const std::string text = message_of(report.status());
    EXPECT_TRUE(text.starts_with(where)) << text;
    return text.substr(std::min(text.size(), where.size()));
  }

  static std::size_t open_files() {
    const fs::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  std::vector<fs::path> left() const {
    std::vector<fs::path> left;
    for (const auto& entry : fs::directory_iterator(run_->path())) {
      if (entry.path().filename() != ".lock") left.push_back(entry.path());
    }
    return left;
  }

  // The trial left nothing behind: no process, not even a dead one, and no file, open or closed.
  void TearDown() override {
    EXPECT_EQ(open_files(), open_files_before_);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
    canary_.tidy();
    EXPECT_EQ(left(), std::vector<fs::path>());
  }

  static constexpr char kPlaced[] =
      R"({"order_id":"1","customer_id":"c","items":[{"product_id":"p","name":"n","quantity":1,)"
      R"("unit_price_cents":5}],"total_cents":5,"status":"placed"})";

  const fs::path orders_ = ORDERS_PLUGIN;
  TemporaryDirectory directory_;
  std::unique_ptr<RunDirectory> run_ = *RunDirectory::open(directory_ / "run");
  Canary canary_{*run_};
  const std::size_t open_files_before_ = open_files();
  absl::StatusCode code_ = absl::StatusCode::kOk;
};

// --- good ones ----------------------------------------------------------------------------------

TEST_F(CanaryTest, AGoodPluginDecodesEvolvesAndIsUnmapped) {
  std::string asked;
  const auto report = canary_.try_candidate(
      {.file = orders_,
       .config = [&](std::string_view domain) { return asked = domain, "{}"; },
       .samples = one_sample("OrderPlaced", kPlaced),
       .events = events_of("OrderPlaced", kPlaced, 5)});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(asked, "orders");
  EXPECT_EQ(report->domain, "orders");
  EXPECT_EQ(report->version, "1.0.0");
  EXPECT_EQ(report->samples, 1u);
  EXPECT_EQ(report->events, 5u);
  EXPECT_EQ(report->held, "");
  EXPECT_GT(report->load.count(), 0);
  Loader loader(*run_, {});
  EXPECT_EQ(report->build, loader.load(orders_)->build());
}

TEST_F(CanaryTest, WhatItLeavesOnDiskGoesWithTheNextTrialOrItsEnd) {
  {
    Canary canary(*run_);
    for (int n = 0; n < 3; ++n) EXPECT_TRUE(canary.try_candidate({.file = orders_}).ok());
    EXPECT_LE(left().size(), 1u);
  }
  EXPECT_EQ(left(), std::vector<fs::path>());
}

TEST_F(CanaryTest, MoreEventsThanFitInAPipe) {
  const auto report = canary_.try_candidate({.file = orders_,
                                             .config = {},
                                             .samples = {},
                                             .events = events_of("OrderPlaced", kPlaced, 20'000),
                                             .deadline = std::chrono::minutes(1)});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->events, 20'000u);
}

TEST_F(CanaryTest, TheHostItselfMapsNothingOfIt) {
  const std::size_t before = mappings_with("orders");
  EXPECT_TRUE(canary_.try_candidate({.file = orders_}).ok());
  EXPECT_EQ(mappings_with("orders"), before);
}

TEST_F(CanaryTest, ACandidateThatStaysMappedIsGoodAndSaysWhy) {
  const auto report = canary_.try_candidate({.file = fixture("unique_symbol.so")});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->held.starts_with("it is permanent; ")) << report->held;
}

TEST_F(CanaryTest, SamplesAreReadAsStoredOnes) {
  const auto report = canary_.try_candidate(
      {.file = orders_,
       .config = {},
       .samples = one_sample("OrderPlaced", R"({"order_id":"1","since_removed":true})")});
  EXPECT_TRUE(report.ok()) << report.status();
}

TEST_F(CanaryTest, AStateIsImported) {
  const auto report =
      canary_.try_candidate({.file = COUNTER_PLUGIN, .state = one_state(1, R"({"count":7})")});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->imported);
  EXPECT_EQ(report->state_bytes, 11u);
}

TEST_F(CanaryTest, ALargeStateGoesInParts) {
  const auto report =
      canary_.try_candidate({.file = deadly("dies_in_import.so"),
                             .state = one_state(1, std::string(COMPOSABLE_MAX_STATE_BYTES, 'x')),
                             .deadline = std::chrono::minutes(1)});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->state_bytes, COMPOSABLE_MAX_STATE_BYTES);
}

TEST_F(CanaryTest, AnEmptyStateIsOneToo) {
  const auto report =
      canary_.try_candidate({.file = deadly("dies_in_import.so"), .state = one_state(1, "")});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->imported);
}

TEST_F(CanaryTest, ACandidateThatResetsTheStateIsNotTroubledWithIt) {
  const auto report =
      canary_.try_candidate({.file = fixture("tiny_that_resets.so"), .state = one_state(1, "{}")});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->imported);
}

TEST_F(CanaryTest, WhereThereIsNoStateNothingIsImported) {
  const auto report = canary_.try_candidate(
      {.file = COUNTER_PLUGIN, .state = [](std::string_view) { return std::nullopt; }});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->imported);
}

// --- refused by what it says --------------------------------------------------------------------

TEST_F(CanaryTest, TheLoadersRefusalIsTheCanarys) {
  Loader loader(*run_, {});
  for (const char* name : {"wrong_abi.so", "create_fails.so", "throws_in_create.so"}) {
    const fs::path file = fs::path(BAD_PLUGINS_DIR) / name;
    const absl::Status refused = loader.load(file).status();
    EXPECT_EQ(canary_.try_candidate({.file = file}).status(), refused) << name;
  }
}

TEST_F(CanaryTest, TheConfigurationReachesCreate) {
  const auto tried_with = [&](std::string_view config) {
    return canary_
        .try_candidate({.file = fixture("tiny.so"),
                        .config = [&](std::string_view) { return std::string(config); }})
        .status();
  };
  EXPECT_EQ(tried_with("{}"), absl::OkStatus());
  EXPECT_EQ(message_of(tried_with("[]")),
            fixture("tiny.so").string() +
                ": create: expected an object; see domains.tiny in the configuration");
}

TEST_F(CanaryTest, AStoredEventThatCannotBeDecodedIsNamedWithItsPath) {
  EXPECT_EQ(refusal({.file = orders_,
                     .config = {},
                     .samples = one_sample("OrderPlaced", R"({"items":[{"quantity":"two"}]})")}),
            "a stored OrderPlaced cannot be decoded: items[0].quantity: expected unsigned integer, "
            "found string \"two\"; keep reading what older builds have written");
  EXPECT_EQ(code_, absl::StatusCode::kFailedPrecondition);
}

TEST_F(CanaryTest, AnEventThatItDoesNotEvolveIsNamedWithItsPosition) {
  EXPECT_EQ(
      refusal({.file = orders_,
               .config = {},
               .samples = {},
               .events = events_of("OrderPlaced", R"({"items":7})", 1)}),
      "evolving OrderPlaced of stream \"order-1\" at position 1 failed: items: expected array, "
      "found 7; every stored event must evolve");
}

TEST_F(CanaryTest, AStoredTypeThatItNoLongerKnowsIsNamed) {
  const std::string expected =
      "the domain does not know the event type OrderLost, which is stored; declare it";
  const std::string stored =
      "the domain does not know the event type OrderLost, stored in stream \"order-1\" at position "
      "1; "
      "declare it";
  EXPECT_EQ(refusal({.file = orders_, .config = {}, .samples = one_sample("OrderLost", "{}")}),
            expected);
  EXPECT_EQ(refusal({.file = orders_,
                     .config = {},
                     .samples = {},
                     .events = events_of("OrderLost", "{}", 1)}),
            stored);
}

TEST_F(CanaryTest, AnExceptionOutOfDecodeOrEvolveIsNamed) {
  const fs::path file = deadly("throws_in_decode.so");
  EXPECT_EQ(refusal({.file = file, .config = {}, .samples = one_sample("Nothing", "{}")}),
            "its decode let an exception out: no such field; catch it in the plugin and return "
            "COMPOSABLE_E_EXCEPTION");
  EXPECT_EQ(
      refusal({.file = file, .config = {}, .samples = {}, .events = events_of("Nothing", "{}", 1)}),
      "its evolve let an exception out: not a std::exception; catch it in the plugin and "
      "return COMPOSABLE_E_EXCEPTION");
}

TEST_F(CanaryTest, AStateThatItDoesNotTakeIsNamedWithItsSchemaAndThePlace) {
  const fs::path file = deadly("dies_in_import.so");
  EXPECT_EQ(refusal({.file = file, .state = one_state(1, "refuse")}),
            "its schema is 2, and it does not take the state of schema 1 that serves now: total: "
            "too old; teach it that schema");
  EXPECT_EQ(code_, absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(refusal({.file = file, .state = one_state(1, "throw")}),
            "its import_state let an exception out: no such field; catch it in the plugin and "
            "return COMPOSABLE_E_EXCEPTION");
}

TEST_F(CanaryTest, ACandidateThatHasNoWayForTheStateIsRefused) {
  EXPECT_EQ(refusal({.file = fixture("tiny.so"), .state = one_state(1, "{}")}),
            "it does not say what becomes of the state; let it export and import that, or declare "
            "that it may be lost (composable.reload/1)");
  EXPECT_EQ(refusal({.file = orders_, .state = one_state(1, "{}")}),
            "it is durable and the generation that serves is ephemeral, so the state cannot be "
            "carried over; restart the host with it, or give it another name");
}

// The canary dies while the host is writing to it: neither waits for the other, nothing is lost.
TEST_F(CanaryTest, ARefusalAmidManyEventsIsHeard) {
  std::uint64_t asked_for = 0;
  const auto events = [&](std::string_view domain, const CanaryTrial::Visit& visit) {
    const auto good = events_of("OrderPlaced", kPlaced, 100);
    if (auto s = good(domain, visit); !s.ok()) return s;
    const auto bad = events_of("OrderLost", std::string(1'000, ' '), 1'000'000);
    return bad(domain, [&](const auto& event) {
      ++asked_for;
      return visit(event);
    });
  };
  EXPECT_EQ(refusal({.file = orders_, .config = {}, .samples = {}, .events = events}),
            "the domain does not know the event type OrderLost, stored in stream \"order-1\" at "
            "position 1; declare it");
  EXPECT_LT(asked_for, 1'000'000u) << "the log is read no further than it is of use";
}

TEST_F(CanaryTest, WritingToOneThatHasEndedIsNoSignal) {
  const auto events = [&](std::string_view domain, const CanaryTrial::Visit& visit) {
    const auto bad = events_of("OrderLost", std::string(1'000, ' '), 100);
    const absl::Status visited = bad(domain, visit);
    siginfo_t ended{};
    EXPECT_EQ(::waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT), 0);
    return visited.ok() ? bad(domain, visit) : visited;
  };
  EXPECT_EQ(refusal({.file = orders_, .config = {}, .samples = {}, .events = events}),
            "the domain does not know the event type OrderLost, stored in stream \"order-1\" at "
            "position 1; declare it");
}

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
                       .samples = {},
                       .events = events_of("Happened", "{}", 10)})
                  .starts_with(expected));
  EXPECT_TRUE(refusal({.file = deadly("crashes_in_evolve.so"),
                       .config = {},
                       .samples = {},
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
                     .samples = {},
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
  const std::string text = refusal({.file = orders_,
                                    .config = {},
                                    .samples = {},
                                    .events = for_ever,
                                    .deadline = milliseconds(700)});
  EXPECT_TRUE(text.starts_with("its trial was not over after 0.7 s, it ended while ")) << text;
  EXPECT_TRUE(text.ends_with("; make decode and evolve faster, or restart the host with it"))
      << text;
}

// --- when the trial cannot be made --------------------------------------------------------------

TEST_F(CanaryTest, ALogThatCannotBeReadSaysNothingAboutTheFile) {
  EXPECT_EQ(refusal({.file = orders_,
                     .config = {},
                     .samples = {},
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
