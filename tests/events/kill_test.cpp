// A host killed with -9 under load, several times over on one file: all that was answered is there,
// and what was not is settled by sending it again.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <random>
#include <sstream>

#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

constexpr int kRounds = 6;
constexpr char kThreads[] = "8";

struct Told {
  std::map<std::string, std::string> tried;       // stream by id
  std::map<std::string, std::uint64_t> answered;  // position by id
  std::string trouble;
};

void read_line(const std::string& line, Told& told) {
  std::istringstream in(line);
  std::string kind, id, rest;
  in >> kind >> id >> rest;
  if (kind == "t") {
    told.tried[id] = rest;
  } else if (kind == "a") {
    told.answered[id] = std::stoull(rest);
  } else {
    told.trouble += line;
  }
}

// Runs the appender until it has told of `answers`, kills it, and reads the rest.
void run_and_kill(const std::string& path, std::size_t answers, Told& told) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::string tool = APPEND_UNTIL_KILLED, file = path, threads = kThreads;
  char* arguments[] = {tool.data(), file.data(), threads.data(), nullptr};
  pid_t pid = 0;
  const int spawned = ::posix_spawn(&pid, tool.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  ASSERT_EQ(spawned, 0);
  FILE* out = ::fdopen(ends[0], "r");
  const std::size_t enough = told.answered.size() + answers;
  char line[512];
  bool killed = false;
  while (std::fgets(line, sizeof line, out) != nullptr) {
    read_line(line, told);
    if (killed || told.answered.size() < enough) continue;
    ::kill(pid, SIGKILL);
    killed = true;
  }
  std::fclose(out);
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << told.trouble;
}

// What was tried and not answered is sent again with its id.
void settle(EventStore& store, Told& told) {
  for (const auto& [id, stream] : told.tried) {
    if (told.answered.count(id) != 0) continue;
    StreamAppend s = to(stream, Expected::kAny);
    s.events[0].id = *Uuid::parse(id);
    const AppendResult result = append(store, request({std::move(s)}));
    EXPECT_TRUE(result.code == AppendCode::kOk || result.code == AppendCode::kDuplicate);
    told.answered[id] = result.first_position;
  }
}

void expect_log_is(EventStore& store, const Told& told) {
  std::map<std::string, std::uint64_t> versions;
  std::uint64_t position = 0;
  for (const StoredEvent& event : whole_log(store)) {
    EXPECT_EQ(event.position, ++position);
    EXPECT_EQ(event.version, ++versions[event.stream]);
    const auto it = told.answered.find(event.id.text());
    ASSERT_NE(it, told.answered.end()) << "an event that nobody sent, or sent twice";
    EXPECT_EQ(it->second, event.position);
  }
  EXPECT_EQ(position, told.answered.size());
}

TEST(Kill, KeepsEveryAnswerAndSettlesTheRest) {
  TempDirectory directory;
  const std::string path = directory.file("events.db");
  std::mt19937 random(7);
  Told told;
  for (int round = 0; round < kRounds; ++round) {
    run_and_kill(path, 50 + random() % 400, told);
    auto store = open_sqlite(path);
    ASSERT_NE(store, nullptr);
    settle(*store, told);
    expect_log_is(*store, told);
  }
}

}  // namespace
}  // namespace composable::host::testing
