#include "store_harness.hpp"

#include <unistd.h>

#include <cstdlib>
#include <ostream>

namespace composable::host::testing {

TempDirectory::TempDirectory() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "composable-events-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Answers::appended(absl::Span<std::unique_ptr<AppendRequest>> answered) {
  absl::MutexLock lock(&mutex_);
  calls_.push_back(answered.size());
  for (auto& request : answered) requests_.push_back(std::move(request));
  came_.SignalAll();
}

void Answers::wait_for(std::size_t count) {
  absl::MutexLock lock(&mutex_);
  while (requests_.size() < count) came_.Wait(&mutex_);
}

std::vector<AppendResult> Answers::results() {
  absl::MutexLock lock(&mutex_);
  std::vector<AppendResult> results;
  for (const auto& request : requests_) results.push_back(request->result);
  return results;
}

std::vector<std::size_t> Answers::calls() {
  absl::MutexLock lock(&mutex_);
  return calls_;
}

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

Uuid new_id() {
  static SystemRng rng;
  return Uuid::v7(system_clock().unix_micros(), rng);
}

StreamAppend to(std::string stream, Expected expected, std::size_t events, std::string type) {
  StreamAppend append;
  append.stream = std::move(stream);
  append.expected = expected;
  for (std::size_t i = 0; i < events; ++i) {
    append.events.push_back({new_id(), type, R"({"n":)" + std::to_string(i) + "}"});
  }
  return append;
}

StreamAppend to_exactly(std::string stream, std::uint64_t version) {
  StreamAppend append = to(std::move(stream), Expected::kExact);
  append.exact_version = version;
  return append;
}

StreamAppend to_seen(std::string stream, std::uint64_t position) {
  StreamAppend append = to(std::move(stream), Expected::kSeen);
  append.seen_position = position;
  return append;
}

TimerWrite timer(std::string key, std::int64_t due_us, std::string data) {
  return {std::move(key), due_us, "TimedOut", std::move(data), {}};
}

std::unique_ptr<AppendRequest> request(std::vector<StreamAppend> streams, std::string domain) {
  auto r = std::make_unique<AppendRequest>();
  r->domain = std::move(domain);
  r->streams = std::move(streams);
  r->recorded_at_us = system_clock().unix_micros();
  return r;
}

std::unique_ptr<AppendRequest> timers(std::vector<TimerWrite> written,
                                      std::vector<std::string> cancelled, std::string domain) {
  auto r = request({}, std::move(domain));
  r->timers = std::move(written);
  r->cancelled_timers = std::move(cancelled);
  return r;
}

std::unique_ptr<AppendRequest> again(const AppendRequest& request) {
  auto copy = std::make_unique<AppendRequest>(request);
  copy->result = {};
  return copy;
}

AppendResult append(EventStore& store, std::unique_ptr<AppendRequest> request) {
  Answers answers;
  store.append(std::move(request), answers);
  answers.wait_for(1);
  return answers.results().front();
}

std::vector<StoredEvent> whole_log(EventStore& store, std::size_t page_size) {
  std::vector<StoredEvent> events;
  std::uint64_t from = 1;
  while (true) {
    auto page = store.read_all(from, Direction::kForward, page_size, {});
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return events;
    for (StoredEvent& event : page->events) events.push_back(std::move(event));
    if (!page->more) return events;
    from = page->next;
  }
}

void PrintTo(AppendCode code, std::ostream* out) {
  static constexpr const char* kNames[] = {"ok",          "duplicate", "conflict",
                                           "deleted",     "invalid",   "overloaded",
                                           "unavailable", "unknown",   "shutting down"};
  *out << kNames[static_cast<std::size_t>(code)];
}

std::unique_ptr<SqliteEventStore> open_sqlite(const std::string& path,
                                              const SqliteStoreOptions& options) {
  auto store = SqliteEventStore::open(path, options, system_clock());
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

EventStoreContract::EventStoreContract() {
  if (GetParam() == "memory") {
    MemoryStoreOptions options;
    options.checkpoints = kCheckpoints;
    options.dead_letters = kDeadLetters;
    store_ = std::make_unique<MemoryEventStore>(system_clock(), options);
  } else {
    SqliteStoreOptions options;
    options.checkpoints = kCheckpoints;
    options.dead_letters = kDeadLetters;
    store_ = open_sqlite(directory_.file("events.db"), options);
  }
}

AppendResult EventStoreContract::append(StreamAppend s, std::string domain) {
  return append(request({std::move(s)}, std::move(domain)));
}

}  // namespace composable::host::testing
