// Appends from several threads until it is killed, and says on standard output what it tries
// ("t <event id> <stream>") and what was answered ("a <event id> <position>"), one line each.
// Usage: append_until_killed <data file> <threads>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

// One write, so that a killed process leaves no half line before a whole one.
void say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::exit(1);
}

void append_for_ever(EventStore& store, int thread) {
  const std::string stream = "stream-" + std::to_string(thread);
  while (true) {
    auto r = request({to(stream, Expected::kAny)});
    r->streams[0].events[0].data.assign(500, 'x');
    const std::string id = r->streams[0].events[0].id.text();
    say("t " + id + " " + stream + "\n");
    const AppendResult result = append(store, std::move(r));
    if (result.code != AppendCode::kOk) std::exit(2);
    say("a " + id + " " + std::to_string(result.first_position) + "\n");
  }
}

int run(const char* path, int count) {
  auto store = SqliteEventStore::open(path, {}, system_clock());
  if (!store.ok()) {
    say("x " + std::string(store.status().message()) + "\n");
    return 3;
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) threads.emplace_back([&, t] { append_for_ever(**store, t); });
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace
}  // namespace composable::host::testing

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  return composable::host::testing::run(argv[1], std::atoi(argv[2]));
}
