// Power cuts at random operations of the writer: nothing that was answered may be lost, nothing may
// be damaged. The control runs the same cuts without the sync at commit and must lose answers: it
// shows that these tests can see a loss.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

#include "events/sqlite/connection.hpp"
#include "fault_vfs.hpp"
#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

constexpr int kStores = 10;
constexpr int kCutsOfEach = 10;
constexpr int kClients = 4;

// What was answered so far: by event id, the position.
class Answered final : public AppendListener {
 public:
  void appended(absl::Span<std::unique_ptr<AppendRequest>> answered) override {
    absl::MutexLock lock(&mutex_);
    for (const auto& request : answered) {
      --in_flight_;
      room_.SignalAll();
      if (request->result.code != AppendCode::kOk) continue;
      std::uint64_t position = request->result.first_position;
      for (const StreamAppend& s : request->streams) {
        for (const NewEvent& e : s.events) positions_[e.id] = position++;
      }
    }
  }
  // Waits until fewer than `most` are in flight, and counts one more.
  void enter(int most) {
    absl::MutexLock lock(&mutex_);
    while (in_flight_ >= most) room_.Wait(&mutex_);
    ++in_flight_;
  }
  std::map<Uuid, std::uint64_t> positions() {
    absl::MutexLock lock(&mutex_);
    return positions_;
  }

 private:
  absl::Mutex mutex_;
  absl::CondVar room_;
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<Uuid, std::uint64_t> positions_ ABSL_GUARDED_BY(mutex_);
};

struct Outcome {
  int cuts = 0;
  int damaged = 0;  // cuts after which the file does not open, is not sound, or has holes
  int lost = 0;     // cuts after which an answered event is missing or elsewhere
};

bool sound(const std::string& path) {
  auto connection = Connection::open(path, Connection::Mode::kWrite, "");
  auto check = connection->prepare("PRAGMA integrity_check");
  if (!check.ok()) return false;
  const auto row = check->step();
  return row.ok() && *row && check->bytes(0) == "ok";
}

void inspect(const std::string& path, const std::map<Uuid, std::uint64_t>& answered,
             Outcome& outcome) {
  ++outcome.cuts;
  auto store = SqliteEventStore::open(path, {}, system_clock());
  if (!store.ok()) {
    ++outcome.damaged;
    return;
  }
  std::map<Uuid, std::uint64_t> found;
  std::map<std::string, std::uint64_t> versions;
  bool holes = false;
  for (const StoredEvent& event : whole_log(**store)) {
    found[event.id] = event.position;
    holes = holes || event.position != found.size() || event.version != ++versions[event.stream];
  }
  store->reset();
  outcome.damaged += holes || !sound(path) ? 1 : 0;
  for (const auto& [id, position] : answered) {
    const auto it = found.find(id);
    if (it != found.end() && it->second == position) continue;
    ++outcome.lost;
    return;
  }
}

// One store under load, cut several times; each cut is inspected on a copy.
void cut_one_store(Synchronous synchronous, std::mt19937_64& random, Outcome& outcome) {
  TempDirectory directory;
  FaultVfs vfs;
  SqliteStoreOptions options;
  options.vfs = vfs.name();
  options.synchronous = synchronous;
  options.idle_checkpoint_pages = 20;  // so that cuts hit checkpoints and a WAL begun anew
  options.forced_checkpoint_pages = 40;
  auto store = open_sqlite(directory.file("events.db"), options);
  Answered answered;
  for (int cut = 0; cut < kCutsOfEach; ++cut) {
    std::map<Uuid, std::uint64_t> answered_at_cut;
    vfs.cut_power_after(1 + static_cast<int>(random() % 150),
                        [&] { answered_at_cut = answered.positions(); });
    while (!vfs.cut()) {
      answered.enter(kClients);
      const std::size_t events = 1 + random() % 3;
      StreamAppend s = to("stream-" + std::to_string(random() % 5), Expected::kAny, events);
      s.events[0].data.assign(random() % 3000, 'x');
      store->append(request({std::move(s)}), answered);
    }
    TempDirectory remains;
    vfs.write_remains(remains.path(), random());
    inspect(remains.file("events.db"), answered_at_cut, outcome);
  }
  store.reset();
}

Outcome cut(Synchronous synchronous) {
  std::mt19937_64 random(20240229);
  Outcome outcome;
  for (int i = 0; i < kStores; ++i) cut_one_store(synchronous, random, outcome);
  return outcome;
}

TEST(PowerCut, LosesNothingThatWasAnsweredAndDamagesNothing) {
  const Outcome outcome = cut(Synchronous::kFull);
  EXPECT_EQ(outcome.cuts, kStores * kCutsOfEach);
  EXPECT_EQ(outcome.lost, 0);
  EXPECT_EQ(outcome.damaged, 0);
}

TEST(PowerCut, LosesAnsweredEventsWhenCommitsAreNotSynced) {
  const Outcome outcome = cut(Synchronous::kNormal);
  EXPECT_EQ(outcome.cuts, kStores * kCutsOfEach);
  EXPECT_GT(outcome.lost, 0);
  RecordProperty("lost", outcome.lost);
}

}  // namespace
}  // namespace composable::host::testing
