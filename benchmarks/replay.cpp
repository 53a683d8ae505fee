// Reading a domain's 100,000 events back, up to the callback that would evolve. Beside it the
// floor: SQLite scanning the same rows and nothing else. Time is per pass; items are events.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "events/memory/event_store.hpp"
#include "events/sqlite/event_store.hpp"
#include "filled_log.hpp"
#include "runtime/clock.hpp"

namespace composable::host {
namespace {

constexpr int kEvents = 100'000;

SystemClock g_clock;

// One file for all benchmarks of this program.
const std::string& filled_file() {
  static const struct File {
    File() {
      std::string pattern = (std::filesystem::temp_directory_path() / "bench-XXXXXX").string();
      if (::mkdtemp(pattern.data()) == nullptr) std::abort();
      directory = pattern;
      path = (directory / "events.db").string();
      fill_log(**SqliteEventStore::open(path, {}, g_clock), g_clock, kEvents);
    }
    ~File() { std::filesystem::remove_all(directory); }
    std::filesystem::path directory;
    std::string path;
  } file;
  return file.path;
}

void replay(benchmark::State& state, EventStore& store) {
  for (auto _ : state) {
    std::uint64_t bytes = 0;
    const absl::Status status = store.replay("orders", 1, [&](const EventStore::EventView& e) {
      bytes += e.data.size() + e.stream.size() + e.type.size();
      return absl::OkStatus();
    });
    if (!status.ok()) return state.SkipWithError(std::string(status.message()).c_str());
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * kEvents);
}

void sqlite_replay(benchmark::State& state) {
  auto store = SqliteEventStore::open(filled_file(), {}, g_clock);
  if (!store.ok()) return state.SkipWithError(std::string(store.status().message()).c_str());
  replay(state, **store);
}

void memory_replay(benchmark::State& state) {
  MemoryEventStore store(g_clock);
  fill_log(store, g_clock, kEvents);
  replay(state, store);
}

void sqlite_scan(benchmark::State& state) {
  sqlite3* handle = nullptr;
  sqlite3_open_v2(filled_file().c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
                  nullptr);
  sqlite3_exec(handle, "PRAGMA cache_size=-16384", nullptr, nullptr, nullptr);
  sqlite3_stmt* rows = nullptr;
  sqlite3_prepare_v2(handle, "SELECT * FROM event ORDER BY pos", -1, &rows, nullptr);
  for (auto _ : state) {
    std::int64_t bytes = 0;
    while (sqlite3_step(rows) == SQLITE_ROW) {
      for (int column = 0; column < sqlite3_column_count(rows); ++column) {
        benchmark::DoNotOptimize(sqlite3_column_blob(rows, column));
        bytes += sqlite3_column_bytes(rows, column);
      }
    }
    benchmark::DoNotOptimize(bytes);
    sqlite3_reset(rows);
  }
  sqlite3_finalize(rows);
  sqlite3_close(handle);
  state.SetItemsProcessed(state.iterations() * kEvents);
}

BENCHMARK(sqlite_scan)->Unit(benchmark::kMillisecond);
BENCHMARK(sqlite_replay)->Unit(benchmark::kMillisecond);
BENCHMARK(memory_replay)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace composable::host

BENCHMARK_MAIN();
