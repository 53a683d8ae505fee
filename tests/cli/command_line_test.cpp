#include "cli/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "observe/log_capture.hpp"

namespace composable::host {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// Remembers what it was told.
class RecordingApp final : public HostApp {
 public:
  int run(const LoadedConfig& given) override {
    config = given.config;
    log_debug("orders", "seen");
    return exit_code;
  }
  int dev(const LoadedConfig& given, const DevProject& built) override {
    config = given.config;
    project = built;
    return exit_code;
  }
  int dev_host(const LoadedConfig& given) override {
    config = given.config;
    return 9;
  }
  CheckReport check(const LoadedConfig& given, bool replay) override {
    config = given.config;
    replays = replay;
    return report;
  }
  RoutesReport routes(const LoadedConfig& given) override {
    config = given.config;
    return {.routes = {{"POST", "/api/v1/orders", "orders", "PlaceOrder"}}, .loaded = report};
  }

  absl::StatusOr<HostAnswer> ask_host(const LoadedConfig& given, std::string_view method,
                                      std::string_view target, std::string_view accept) override {
    config = given.config;
    asked = std::string(method) + ' ' + std::string(target) + ' ' + std::string(accept);
    return answer;
  }
  int canary() override { return 7; }
  Inspection inspect(const InspectRequest& request) override {
    inspected = request;
    return inspection;
  }
  void verify(const VerifyRequest& request, const TestDone& done) override {
    verified = request;
    for (const auto& [test, outcome] : outcomes) done(test, outcome);
  }
  void list_tests(const TestListed& each) override { each("file", "whole"); }
  int plugin_task() override { return 8; }

  std::optional<Config> config;
  bool replays = false;
  std::optional<DevProject> project;
  CheckReport report;
  InspectRequest inspected;
  Inspection inspection;
  VerifyRequest verified;
  std::vector<std::pair<std::string, TestOutcome>> outcomes;
  int exit_code = 0;
  std::string asked;
  absl::StatusOr<HostAnswer> answer = HostAnswer{200, "live\n"};
};

class CommandLineTest : public testing::Test {
 protected:
  int run(const std::vector<std::string>& arguments) {
    std::ostringstream out, err;
    Invocation call{environment_, "/opt/composable/bin/composable", app_, out, err};
    const int exit_code = run_command_line(arguments, call);
    out_ = out.str();
    err_ = err.str();
    return exit_code;
  }

  LogCapture log_;
  RecordingApp app_;
  std::vector<std::string> environment_;
  std::string out_, err_;
};

TEST_F(CommandLineTest, RunTakesEveryFlagAndReturnsTheHostsCode) {
  app_.exit_code = 1;
  EXPECT_EQ(run({"run", "-p", "/a", "--plugins", "/b", "--plugins=/c", "--data-dir", "/d",
                 "--listen", "[::1]:81", "--admin-listen", "127.0.0.1:82", "--no-watch",
                 "--log-level", "orders=debug,info", "--log-format", "json"}),
            1);
  ASSERT_TRUE(app_.config);
  EXPECT_THAT(app_.config->plugins.dirs, ElementsAre("/a", "/b", "/c"));
  EXPECT_EQ(app_.config->data_dir, "/d");
  EXPECT_THAT(app_.config->listen.hosts, ElementsAre("::1"));
  EXPECT_EQ(app_.config->listen.port, 81u);
  EXPECT_EQ(app_.config->admin.listen, "127.0.0.1:82");
  EXPECT_FALSE(app_.config->plugins.watch);
  EXPECT_THAT(out_, IsEmpty());
  EXPECT_THAT(err_, IsEmpty());
  EXPECT_TRUE(log_.contains(R"("level":"debug","domain":"orders","event":"seen")"))
      << "the log is as the flags say";
}

TEST_F(CommandLineTest, AMistakeInTheConfigurationIsOneAndTheHostIsNotStarted) {
  environment_ = {"PORT=x", "DATABASE_URL=postgresql://me:hunter2@db/app"};
  EXPECT_EQ(run({"run"}), 1);
  EXPECT_FALSE(app_.config);
  EXPECT_EQ(err_,
            "PORT: expected unsigned integer in range 0..65535, found \"x\"\n"
            "database_url: postgresql is not supported by this host; use sqlite: or memory:\n");
}

TEST_F(CommandLineTest, AMistakeInAFlagsValueIsTwo) {
  EXPECT_EQ(run({"run", "--listen", "here"}), 2);
  EXPECT_FALSE(app_.config);
  EXPECT_EQ(err_,
            "--listen: expected HOST:PORT such as 127.0.0.1:3000 or [::1]:3000, found \"here\"\n");
}

TEST_F(CommandLineTest, AnUnknownVariableIsAWarningInTheLog) {
  environment_ = {"COMPOSABLE_DATADIR=x"};
  EXPECT_EQ(run({"run"}), 0);
  EXPECT_TRUE(
      log_.contains("warn config warned text=\"COMPOSABLE_DATADIR: unknown variable; did "
                    "you mean COMPOSABLE_DATA_DIR?\""));
}

TEST_F(CommandLineTest, TheVerbsOfHostsAreNotInTheHelp) {
  EXPECT_EQ(run({"canary"}), 7);
  EXPECT_EQ(run({"plugin-task"}), 8);
  EXPECT_EQ(run({"help"}), 0);
  EXPECT_THAT(out_, Not(HasSubstr("canary")));
  EXPECT_THAT(out_, Not(HasSubstr("plugin-task")));
  EXPECT_EQ(run({"canery"}), 2);
  EXPECT_EQ(err_, "composable: no verb \"canery\"; see composable help\n");
}

TEST_F(CommandLineTest, UsageIsTwoAndSaysWhatWasFound) {
  EXPECT_EQ(run({"serve"}), 2);
  EXPECT_EQ(err_, "composable: no verb \"serve\"; see composable help\n");
  EXPECT_EQ(run({"chekc"}), 2);
  EXPECT_EQ(err_, "composable: no verb \"chekc\", did you mean check?; see composable help\n");
  EXPECT_EQ(run({"run", "--bogus"}), 2);
  EXPECT_EQ(err_,
            "composable: run: The following argument was not expected: --bogus; see composable "
            "help\n");
  EXPECT_EQ(run({"check", "--listen"}), 2);
  EXPECT_THAT(err_, StartsWith("composable: check: --listen"));
  EXPECT_EQ(run({"run", "-p", "/a", "/b"}), 2) << "a second directory wants its own flag";
  EXPECT_EQ(run({"run", "--json"}), 2);
  EXPECT_EQ(run({"version", "--config", "x"}), 2);
  EXPECT_EQ(run({"run", "\x1b[2J"}), 2);
  EXPECT_THAT(err_, Not(HasSubstr("\x1b")));
  EXPECT_EQ(run({}), 2);
  EXPECT_THAT(err_, HasSubstr("usage: composable VERB"));
  EXPECT_THAT(out_, IsEmpty());
}

TEST_F(CommandLineTest, HelpNamesTheVerbsAndTheirFlags) {
  for (const auto& arguments : {std::vector<std::string>{"help"}, {"--help"}, {"-h"}}) {
    EXPECT_EQ(run(arguments), 0);
    for (const Verb& verb : verbs()) {
      const bool shown = out_.find(std::string(verb.name)) != std::string::npos;
      EXPECT_NE(shown, verb.hidden) << verb.name;
    }
  }
  for (const auto& arguments : {std::vector<std::string>{"help", "run"}, {"run", "--help"}}) {
    EXPECT_EQ(run(arguments), 0);
    for (const char* flag : {"--config", "-c,", "--plugins", "-p,", "--data-dir", "--listen",
                             "--admin-listen", "--no-watch", "--log-level", "--log-format"}) {
      EXPECT_THAT(out_, HasSubstr(flag));
    }
  }
  EXPECT_EQ(run({"help", "rnu"}), 2);
  EXPECT_FALSE(app_.config);
}

TEST_F(CommandLineTest, CheckIsOneWhenSomethingWasRefused) {
  app_.report.domains = {
      {.ok = true, .name = "orders", .file = "o.so", .version = "1", .abi = "1.0"}};
  EXPECT_EQ(run({"check"}), 0);
  EXPECT_EQ(out_,
            "ok    orders  1  abi 1.0   0 routes   0 topics  o.so\n1 of 1 domain would load\n");
  app_.report.domains.push_back({.name = "bad", .file = "bad.so", .reason = "no note"});
  EXPECT_EQ(run({"check", "--json"}), 1);
  EXPECT_THAT(out_, StartsWith(R"({"ok":false,"would_load":1,)"));
}

TEST_F(CommandLineTest, RoutesTellsRefusalsOnStandardError) {
  app_.report.domains = {{.name = "bad", .file = "bad.so", .reason = "no note"}};
  EXPECT_EQ(run({"routes"}), 1);
  EXPECT_EQ(out_, "POST /api/v1/orders → orders.PlaceOrder\n");
  EXPECT_EQ(err_, "fail  bad  bad.so: no note\n");
}

TEST_F(CommandLineTest, ConfigPrintsValueAndOriginWithSecretsMasked) {
  environment_ = {"PORT=8080"};
  EXPECT_EQ(run({"config", "--log-format", "json"}), 0);
  EXPECT_THAT(out_, testing::ContainsRegex("listen.port +8080 +environment PORT\n"));
  EXPECT_THAT(out_, testing::ContainsRegex("data_dir +\"data\" +default\n"));
  EXPECT_THAT(out_, testing::ContainsRegex("log.format +\"json\" +flag --log-format\n"));
  EXPECT_EQ(run({"config", "--json"}), 0);
  EXPECT_THAT(out_, HasSubstr(R"({"key":"listen.port","value":8080,"origin":"environment PORT"})"));
  environment_ = {"DATABASE_URL=mysql://me:hunter2@db.example"};
  EXPECT_EQ(run({"config"}), 1);
  EXPECT_THAT(err_, HasSubstr("database_url: "));
  EXPECT_THAT(out_ + err_, Not(HasSubstr("hunter2")));
  EXPECT_FALSE(app_.config);
}

TEST_F(CommandLineTest, InspectPrintsTheSheetAndRefusesOnStandardError) {
  app_.inspection = {"orders.so\n", ""};
  EXPECT_EQ(run({"inspect", "orders.so", "--schema", "--routes", "--config", R"({"a":1,})"}), 0);
  EXPECT_EQ(out_, "orders.so\n");
  EXPECT_EQ(app_.inspected.file, "orders.so");
  EXPECT_EQ(app_.inspected.config, R"({"a":1})");
  EXPECT_TRUE(app_.inspected.style.schema && app_.inspected.style.routes);
  EXPECT_FALSE(app_.inspected.style.json);

  app_.inspection = {"", "orders.so: it crashed\x1b"};
  EXPECT_EQ(run({"inspect", "orders.so"}), 1);
  EXPECT_EQ(err_, "fail  orders.so: it crashed\\u001b\n");
  app_.inspection.text = "{}\n";
  EXPECT_EQ(run({"inspect", "orders.so", "--json"}), 1);
  EXPECT_EQ(out_, "{}\n");
  EXPECT_THAT(err_, IsEmpty());
  EXPECT_EQ(run({"inspect"}), 2);
}

TEST_F(CommandLineTest, AFilterThatFitsNoTestIsAMistake) {
  EXPECT_EQ(run({"verify", "a.so", "--filter", "nosuch"}), 2);
  EXPECT_EQ(err_, "composable: verify: no test has \"nosuch\" in its name; see --list\n");
  EXPECT_EQ(out_, "");
}

TEST_F(CommandLineTest, VerifyPrintsALinePerTestAndCountsThem) {
  app_.outcomes = {{"file", {}},
                   {"lint", {Verdict::kWarning, "it exports x"}},
                   {"codec", {Verdict::kFailed, "decode of Add: it\ncrashed"}},
                   {"routes", {Verdict::kSkipped, "the domain has none"}}};
  EXPECT_EQ(run({"verify", "a.so", "--seed", "7", "--filter", "f", "--in-process"}), 1);
  EXPECT_EQ(out_,
            "PASSED   file\n"
            "WARNING  lint: it exports x\n"
            "FAILED   codec: decode of Add: it\\ncrashed\n"
            "SKIPPED  routes: the domain has none\n"
            "4 tests, 1 passed, 1 failed, 1 with a warning, 1 skipped\n");
  EXPECT_EQ(app_.verified.file, "a.so");
  EXPECT_EQ(app_.verified.seed, 7u);
  EXPECT_EQ(app_.verified.filter, "f");
  EXPECT_TRUE(app_.verified.in_process);
  EXPECT_EQ(run({"verify", "a.so", "--only-failed"}), 1);
  EXPECT_EQ(out_,
            "FAILED   codec: decode of Add: it\\ncrashed\n"
            "4 tests, 1 passed, 1 failed, 1 with a warning, 1 skipped\n");
  EXPECT_EQ(run({"verify", "a.so", "--only-failed", "--json"}), 1);
  EXPECT_EQ(
      out_,
      R"({"tests":[{"name":"codec","verdict":"FAILED","reason":"decode of Add: it\ncrashed"}],)"
      R"("seed":1,"passed":1,"failed":1,"warnings":1,"skipped":1})"
      "\n");
  app_.outcomes = {{"file", {}}};
  EXPECT_EQ(run({"verify", "a.so"}), 0);
  EXPECT_EQ(out_, "PASSED   file\n1 test, 1 passed, 0 failed\n");
}

TEST_F(CommandLineTest, VerifyListsItsTestsWithoutAFile) {
  EXPECT_EQ(run({"verify", "--list"}), 0);
  EXPECT_EQ(out_, "file           whole\n");
  EXPECT_EQ(run({"verify"}), 2);
  EXPECT_EQ(err_, "composable: verify: FILE is required; see composable help\n");
}

TEST_F(CommandLineTest, AConfigurationThatIsNoneIsUsage) {
  constexpr char kWanted[] =
      "; expected the domain's section of the configuration, or the name of a file that holds it\n";
  EXPECT_EQ(run({"verify", "a.so", "--config", "{"}), 2);
  EXPECT_THAT(err_, StartsWith("composable: --config: "));
  EXPECT_THAT(err_, testing::EndsWith(kWanted));
  EXPECT_EQ(run({"inspect", "a.so", "--config", "/nowhere.json"}), 2);
  EXPECT_THAT(err_, StartsWith("composable: --config /nowhere.json: "));
  EXPECT_EQ(app_.verified.file, "");
}

TEST_F(CommandLineTest, VersionNamesTheHostAndItsAbi) {
  EXPECT_EQ(run({"version"}), 0);
  EXPECT_EQ(out_, "composable 0.1.0 (abi 1.0)\n");
  EXPECT_EQ(run({"--version"}), 0);
}

// The project's own plugins first, then --plugins, then those of the file; each directory once.
TEST_F(CommandLineTest, DevServesWhatItBuildsAndWhatIsNamedBesides) {
  namespace fs = std::filesystem;
  std::string pattern = (fs::temp_directory_path() / "composable-dev-XXXXXX").string();
  const fs::path project = ::mkdtemp(pattern.data());
  const fs::path before = fs::current_path();
  fs::current_path(project);
  std::ofstream("CMakePresets.json") << "{}";
  std::ofstream("composable.json") << R"({"plugins": {"dirs": ["others", "given"]}})";
  const std::string own = (project / "build" / "dev" / "plugins").string();
  EXPECT_EQ(run({"dev"}), 0);
  EXPECT_THAT(app_.config->plugins.dirs, ElementsAre(own));
  EXPECT_EQ(run({"dev", "-p", "given", "-p", own, "--config", "composable.json"}), 0) << err_;
  EXPECT_THAT(app_.config->plugins.dirs, ElementsAre(own, "given", "others"));
  EXPECT_THAT(app_.project->host,
              ElementsAre("dev-host", "--config=composable.json", "--plugins=" + own,
                          "--plugins=given", "--plugins=others", "--log-level=warn"));
  EXPECT_EQ(run({"dev", "--no-build", "-p", "given"}), 0);
  EXPECT_THAT(app_.config->plugins.dirs, ElementsAre("given"));
  fs::current_path(before);
  fs::remove_all(project);
}

TEST_F(CommandLineTest, ReloadAsksTheRunningHost) {
  EXPECT_EQ(run({"reload", "orders", "--data-dir", "/srv/data"}), 0);
  EXPECT_EQ(app_.asked, "POST /_composable/api/domains/orders/reload text/plain");
  EXPECT_EQ(app_.config->data_dir, "/srv/data");
  EXPECT_EQ(out_, "live\n");
  EXPECT_EQ(run({"reload", "--json"}), 0);
  EXPECT_EQ(app_.asked, "POST /_composable/api/reload application/json");
}

TEST_F(CommandLineTest, RollbackNamesTheGeneration) {
  EXPECT_EQ(run({"rollback", "orders", "3"}), 0);
  EXPECT_EQ(app_.asked, "POST /_composable/api/domains/orders/rollback?generation=3 text/plain");
  EXPECT_EQ(run({"rollback", "orders", "9f2c41d0"}), 0);
  EXPECT_EQ(app_.asked, "POST /_composable/api/domains/orders/rollback?build=9f2c41d0 text/plain");
  EXPECT_EQ(run({"rollback", "orders", "9f2c"}), 2);
  EXPECT_THAT(err_, HasSubstr("9f2c is neither the number of a generation, from 1, nor the first 8 "
                              "or more digits of a build"));
  EXPECT_EQ(run({"rollback", "orders"}), 0);
  EXPECT_EQ(app_.asked, "POST /_composable/api/domains/orders/rollback text/plain");
  EXPECT_EQ(run({"rollback"}), 2);
  EXPECT_EQ(err_, "composable: rollback: DOMAIN is required; see composable help\n");
}

TEST_F(CommandLineTest, ARefusedReloadIsAnErrorWithTheReason) {
  app_.answer = HostAnswer{409, "refused  orders.so: it crashed\n"};
  EXPECT_EQ(run({"reload", "orders"}), 1);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_, "refused  orders.so: it crashed\n");
  app_.answer = absl::NotFoundError("data/admin.sock: no host answers there");
  EXPECT_EQ(run({"reload", "orders"}), 1);
  EXPECT_EQ(err_, "composable: data/admin.sock: no host answers there\n");
}

TEST_F(CommandLineTest, WhatIsNoNameOfADomainIsNotAskedFor) {
  EXPECT_EQ(run({"reload", "../generations"}), 2);
  EXPECT_EQ(err_,
            "composable: reload: DOMAIN: ../generations is not a domain's name; see composable "
            "help\n");
  EXPECT_EQ(app_.asked, "");
}

}  // namespace
}  // namespace composable::host
