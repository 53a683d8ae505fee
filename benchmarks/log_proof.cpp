// The proof that a log is whole, as every start makes it. Time is per proof; items are events. How
// many: COMPOSABLE_PROOF_EVENTS, 100,000 when it is not set.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "events/sqlite/event_store.hpp"
#include "events/sqlite/proof.hpp"
#include "filled_log.hpp"
#include "runtime/clock.hpp"

namespace composable::host {
namespace {

SystemClock g_clock;

int events() {
  const char* const set = std::getenv("COMPOSABLE_PROOF_EVENTS");
  return set == nullptr ? 100'000 : std::atoi(set);
}

void proof(benchmark::State& state) {
  std::string directory = (std::filesystem::temp_directory_path() / "bench-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) std::abort();
  const std::string path = directory + "/events.db";
  fill_log(**SqliteEventStore::open(path, {}, g_clock), g_clock, events());
  state.counters["bytes"] = static_cast<double>(std::filesystem::file_size(path));
  for (auto _ : state) {
    auto connection = Connection::open(path, Connection::Mode::kRead, "");
    const auto proved = prove_whole(*connection, static_cast<std::uint64_t>(events()), {});
    if (!proved.ok()) state.SkipWithError(std::string(proved.status().message()).c_str());
  }
  state.SetItemsProcessed(state.iterations() * events());
  std::filesystem::remove_all(directory);
}

BENCHMARK(proof)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace composable::host

BENCHMARK_MAIN();
