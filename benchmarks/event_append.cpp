// From append() to its answer, with 1 to 256 requests in flight, each on a stream of its own and
// always expecting the exact version. Beside it the floor: the same bytes written to a file and
// synced, as many at a time. Data is on the file system of TMPDIR.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "events/memory/event_store.hpp"
#include "events/sqlite/event_store.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kPayload = 256;
constexpr std::size_t kEventBytes = kPayload + 64 + 16;  // with its metadata and id

double micros_now() {
  return std::chrono::duration<double, std::micro>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

class Directory {
 public:
  Directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct TimedAppend final : AppendRequest {
  std::size_t client = 0;
  double sent_us = 0;
};

// One driver keeps all clients busy: whoever is answered sends again.
class Clients final : public AppendListener {
 public:
  Clients(EventStore& store, std::size_t count) : store_(store), versions_(count) {}

  void appended(absl::Span<std::unique_ptr<AppendRequest>> answered) override {
    const double now = micros_now();
    absl::MutexLock lock(&mutex_);
    for (auto& request : answered) {
      const auto& timed = static_cast<const TimedAppend&>(*request);
      if (request->result.code != AppendCode::kOk) ++failures_;
      latencies_.push_back(now - timed.sent_us);
      free_.push_back(timed.client);
    }
    answered_.Signal();
  }

  void begin() {
    for (std::size_t client = 0; client < versions_.size(); ++client) send(client);
  }
  // Waits for at least one answer and sends as many again; how many.
  std::size_t turn() {
    std::vector<std::size_t> ready;
    {
      absl::MutexLock lock(&mutex_);
      while (free_.empty()) answered_.Wait(&mutex_);
      ready.swap(free_);
    }
    for (const std::size_t client : ready) send(client);
    return ready.size();
  }
  void report(benchmark::State& state) {
    absl::MutexLock lock(&mutex_);
    std::sort(latencies_.begin(), latencies_.end());
    const auto percentile = [this](double p) ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return latencies_[static_cast<std::size_t>(p * static_cast<double>(latencies_.size() - 1))];
    };
    state.counters["p50_us"] = percentile(0.50);
    state.counters["p99_us"] = percentile(0.99);
    if (failures_ != 0) state.SkipWithError("an append failed");
  }

 private:
  void send(std::size_t client) {
    auto request = std::make_unique<TimedAppend>();
    request->client = client;
    request->domain = "orders";
    request->recorded_at_us = clock_.unix_micros();
    request->meta = {epoch_like_, epoch_like_, "user-000000007", std::string(18, 't')};
    StreamAppend& stream = request->streams.emplace_back();
    stream.stream = "order-" + std::to_string(client);
    stream.expected = Expected::kExact;
    stream.exact_version = versions_[client]++;
    stream.events.push_back({Uuid::v7(clock_.unix_micros(), rng_), "OrderPlaced", payload_});
    request->sent_us = micros_now();
    store_.append(std::move(request), *this);
  }

  EventStore& store_;
  SystemClock clock_;
  SystemRng rng_;
  const Uuid epoch_like_ = Uuid::v7(1, rng_);
  const std::string payload_ = std::string(kPayload, 'x');
  std::vector<std::uint64_t> versions_;
  absl::Mutex mutex_;
  absl::CondVar answered_;
  std::vector<std::size_t> free_ ABSL_GUARDED_BY(mutex_);
  std::vector<double> latencies_ ABSL_GUARDED_BY(mutex_);
  std::size_t failures_ ABSL_GUARDED_BY(mutex_) = 0;
};

void drive(benchmark::State& state, EventStore& store) {
  Clients clients(store, static_cast<std::size_t>(state.range(0)));
  clients.begin();
  std::int64_t answered = 0;
  for (auto _ : state) answered += static_cast<std::int64_t>(clients.turn());
  store.shutdown();
  state.SetItemsProcessed(answered);
  const EventStoreStats stats = store.stats();
  state.counters["per_commit"] =
      static_cast<double>(stats.appends) / static_cast<double>(stats.commits);
  clients.report(state);
}

void sqlite_append(benchmark::State& state) {
  Directory directory;
  SystemClock clock;
  auto store = SqliteEventStore::open(directory.file("events.db"), {}, clock);
  if (!store.ok()) return state.SkipWithError(std::string(store.status().message()).c_str());
  drive(state, **store);
}

void memory_append(benchmark::State& state) {
  SystemClock clock;
  MemoryEventStore store(clock, {std::size_t{16} << 30});
  drive(state, store);
}

// What the disk gives to anybody: the events of one commit, written in place and synced.
void write_and_sync(benchmark::State& state) {
  Directory directory;
  const int fd = ::open(directory.file("floor").c_str(), O_RDWR | O_CREAT, 0600);
  const std::size_t size = kEventBytes * static_cast<std::size_t>(state.range(0));
  const std::string bytes(size, 'x');
  constexpr std::size_t kFile = 16 << 20;
  const std::string zeros(kFile, '\0');
  if (::pwrite(fd, zeros.data(), kFile, 0) < 0 || ::fdatasync(fd) != 0) std::abort();
  std::size_t at = 0;
  for (auto _ : state) {
    if (at + size > kFile) at = 0;
    if (::pwrite(fd, bytes.data(), size, static_cast<off_t>(at)) < 0) std::abort();
    if (::fdatasync(fd) != 0) std::abort();
    at += size;
  }
  ::close(fd);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(write_and_sync)->Arg(1)->Arg(16)->Arg(64)->Arg(256)->UseRealTime();
BENCHMARK(sqlite_append)->Arg(1)->Arg(16)->Arg(64)->Arg(256)->UseRealTime();
BENCHMARK(memory_append)->Arg(1)->UseRealTime();

}  // namespace
}  // namespace composable::host

BENCHMARK_MAIN();
