// The proof that a log is whole, as every start makes it. Time is per proof; items are events. How
// many: COMPOSABLE_PROOF_EVENTS, 100,000 when it is not set.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/synchronization/notification.h"
#include "events/sqlite/event_store.hpp"
#include "events/sqlite/proof.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"

namespace composable::host {
namespace {

constexpr int kBatch = 1'000;

SystemClock g_clock;

int events() {
  const char* const set = std::getenv("COMPOSABLE_PROOF_EVENTS");
  return set == nullptr ? 100'000 : std::atoi(set);
}

class Done final : public AppendListener {
 public:
  void appended(absl::Span<std::unique_ptr<AppendRequest>> answered) override {
    if (answered[0]->result.code != AppendCode::kOk) std::abort();
    done_.Notify();
  }
  void wait() { done_.WaitForNotification(); }

 private:
  absl::Notification done_;
};

// Ten events a stream, 256 bytes each.
void fill(EventStore& store) {
  SystemRng rng;
  for (int first = 0; first < events(); first += kBatch) {
    auto request = std::make_unique<AppendRequest>();
    request->domain = "orders";
    request->recorded_at_us = g_clock.unix_micros();
    request->meta = {Uuid::v7(1, rng), Uuid::v7(1, rng), "user-000000007", std::string(18, 't')};
    for (int i = first; i < first + kBatch; ++i) {
      StreamAppend& s = request->streams.emplace_back();
      s.stream = "order-" + std::to_string(i % (events() / 10));
      s.expected = Expected::kAny;
      s.events.push_back(
          {Uuid::v7(g_clock.unix_micros(), rng), "OrderPlaced", std::string(256, 'x')});
    }
    Done done;
    store.append(std::move(request), done);
    done.wait();
  }
}

void proof(benchmark::State& state) {
  std::string directory = (std::filesystem::temp_directory_path() / "bench-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) std::abort();
  const std::string path = directory + "/events.db";
  fill(**SqliteEventStore::open(path, {}, g_clock));
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
