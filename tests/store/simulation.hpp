// The store's dependencies under a test's control: time stands still until it is moved, posted work
// runs when the test says so, and appends can be held back between decide and commit.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "events/flight_guard.hpp"
#include "events/memory/event_store.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"
#include "runtime/scheduler.hpp"

namespace composable::host {

class SimulatedClock final : public Clock {
 public:
  std::int64_t unix_micros() override { return 1'700'000'000'000'000 + now_.load(); }
  std::int64_t steady_micros() override { return now_.load(); }
  void advance(std::int64_t micros) { now_ += micros; }

 private:
  std::atomic<std::int64_t> now_{1'000'000};
};

class SeededRng final : public Rng {
 public:
  std::uint64_t next() override {  // splitmix64
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  std::atomic<std::uint64_t> state_{42};
};

// One loop thread: the test's own. Other threads may post.
class SimulatedLoop final : public Scheduler {
 public:
  explicit SimulatedLoop(SimulatedClock& clock) : clock_(clock) {}

  void post(Task task) override {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
    changed_.notify_all();
  }
  TimerId after(std::int64_t micros, Task task) override {
    const std::lock_guard lock(mutex_);
    timers_.emplace(clock_.steady_micros() + micros, std::move(task));
    changed_.notify_all();
    return ++last_timer_;
  }
  void cancel(TimerId) override {}

  // Runs what was posted and what is due until nothing is left.
  void run() {
    for (;;) {
      Task task;
      {
        const std::lock_guard lock(mutex_);
        if (!take(task)) return;
      }
      task();
    }
  }

  // Runs until `done`, also what other threads post. False: it did not come to pass in 20 s.
  bool run_until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
      run();
      if (done()) return true;
      std::unique_lock lock(mutex_);
      if (posted_.empty() && changed_.wait_until(lock, limit) == std::cv_status::timeout) {
        return false;
      }
    }
  }

  // Lets other threads work until one of them posts, for so long at most.
  void wait_for_others(std::chrono::microseconds longest) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, longest, [this] { return !posted_.empty(); });
  }
  void advance(std::int64_t micros) {
    clock_.advance(micros);
    run();
  }
  std::size_t timers() {
    const std::lock_guard lock(mutex_);
    return timers_.size();
  }

 private:
  bool take(Task& task) {
    if (!timers_.empty() && timers_.begin()->first <= clock_.steady_micros()) {
      task = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
      return true;
    }
    if (posted_.empty()) return false;
    task = std::move(posted_.front());
    posted_.pop_front();
    return true;
  }

  SimulatedClock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> posted_;
  std::multimap<std::int64_t, Task> timers_;
  TimerId last_timer_ = 0;
};

// The memory store behind a gate: while it is shut, appends wait, as they do for a slow disk.
class GatedEventStore final : public EventStore {
 public:
  explicit GatedEventStore(Clock& clock) : log_(std::make_unique<MemoryEventStore>(clock)) {}

  absl::Status damage;  // what a replay answers unless it is OK

  void append(std::unique_ptr<AppendRequest> request, AppendListener& listener) override {
    if (shut_) {
      held_.emplace_back(std::move(request), &listener);
    } else {
      pass(std::move(request), listener);
    }
  }
  void shut() { shut_ = true; }
  // Lets the oldest `n` held appends through; the gate stays shut.
  void let_through(std::size_t n) {
    for (; n != 0 && !held_.empty(); --n) {
      auto [request, listener] = std::move(held_.front());
      held_.pop_front();
      pass(std::move(request), *listener);
    }
  }
  void open() {
    shut_ = false;
    let_through(held_.size());
  }
  // Answers the oldest held append with a failure instead of writing it.
  void fail_one(AppendCode code) { fail_commit(1, code); }
  // The same for the oldest `n`, which were to be one commit.
  void fail_commit(std::size_t n, AppendCode code) {
    if (flights_.refuses(*held_.front().first)) return let_through(n);
    for (auto& [request, listener] : take_commit(n)) {
      request->result.code = code;
      request->result.message = "the test says so";
      flights_.failed(*request);
      listener->appended(absl::MakeSpan(&request, 1));
    }
  }
  // Writes the oldest `n` held appends as one commit, and answers that nobody knows whether it was.
  void write_without_telling(std::size_t n = 1) {
    if (flights_.refuses(*held_.front().first)) return let_through(n);
    struct Nobody final : AppendListener {
      void appended(absl::Span<std::unique_ptr<AppendRequest>>) override {}
    } nobody;
    auto commit = take_commit(n);
    for (auto& [request, listener] : commit) {
      log_->append(std::make_unique<AppendRequest>(*request), nobody);
    }
    for (auto& [request, listener] : commit) {
      flights_.failed(*request);
      request->result.code = AppendCode::kUnknown;
      listener->appended(absl::MakeSpan(&request, 1));
    }
  }
  // The oldest held append never reaches the log, and nobody is told: what a crash does.
  void lose_one() { held_.pop_front(); }
  void forget_everything(Clock& clock) {
    held_.clear();
    log_ = std::make_unique<MemoryEventStore>(clock);
    shut_ = false;
  }
  // Called on the thread that replays: with 0 when it begins, then before each event.
  std::function<void(std::uint64_t position)> on_replay;
  std::size_t held() const { return held_.size(); }
  const AppendRequest& oldest() const { return *held_.front().first; }
  MemoryEventStore& log() { return *log_; }

  absl::StatusOr<EventPage> read_stream(std::string_view domain, std::string_view stream,
                                        std::uint64_t from, Direction direction,
                                        std::size_t max) override {
    return log_->read_stream(domain, stream, from, direction, max);
  }
  absl::StatusOr<EventPage> read_all(std::uint64_t from, Direction direction, std::size_t max,
                                     const EventFilter& filter) override {
    return log_->read_all(from, direction, max, filter);
  }
  absl::Status replay(std::string_view domain, std::uint64_t from,
                      const std::function<absl::Status(const EventView&)>& visit) override {
    if (!damage.ok()) return damage;
    if (on_replay) on_replay(0);
    return log_->replay(domain, from, [&](const EventView& event) {
      if (on_replay) on_replay(event.position);
      return visit(event);
    });
  }
  absl::StatusOr<std::vector<StreamInfo>> list_streams(std::string_view domain,
                                                       std::string_view prefix,
                                                       std::string_view after,
                                                       std::size_t max) override {
    return log_->list_streams(domain, prefix, after, max);
  }
  absl::Status visit_streams(std::string_view domain, std::uint64_t position,
                             const std::function<void(const StreamInfo&)>& visit) override {
    return log_->visit_streams(domain, position, visit);
  }
  absl::StatusOr<StreamInfo> stream_info(std::string_view domain,
                                         std::string_view stream) override {
    return log_->stream_info(domain, stream);
  }
  absl::StatusOr<std::vector<StoredTimer>> load_timers(std::string_view domain) override {
    return log_->load_timers(domain);
  }
  absl::Status truncate_stream(const std::string& domain, const std::string& stream,
                               std::uint64_t before_version) override {
    return log_->truncate_stream(domain, stream, before_version);
  }
  absl::Status delete_stream(const std::string& domain, const std::string& stream) override {
    return log_->delete_stream(domain, stream);
  }
  SnapshotStore& snapshots() override { return log_->snapshots(); }
  CheckpointStore& checkpoints() override { return log_->checkpoints(); }
  DeadLetterStore& dead_letters() override { return log_->dead_letters(); }
  CommitSignal& commits() override { return log_->commits(); }
  Uuid epoch() const override { return log_->epoch(); }
  EventStoreStats stats() override { return log_->stats(); }
  absl::Status try_to_write(std::size_t bytes) override { return log_->try_to_write(bytes); }
  absl::Status health() override { return log_->health(); }
  absl::Status backup(const std::string& path) override { return log_->backup(path); }
  void shutdown() override { log_->shutdown(); }

 private:
  // As every log does: after a failure nothing else of its flight is written.
  void pass(std::unique_ptr<AppendRequest> request, AppendListener& listener) {
    if (!flights_.refuses(*request)) return log_->append(std::move(request), listener);
    request->result.code = AppendCode::kUnavailable;
    request->result.message = kFlightFailed;
    listener.appended(absl::MakeSpan(&request, 1));
  }

  using Held = std::deque<std::pair<std::unique_ptr<AppendRequest>, AppendListener*>>;

  Held take_commit(std::size_t n) {
    Held out;
    for (; n != 0 && !held_.empty(); --n) {
      out.push_back(std::move(held_.front()));
      held_.pop_front();
    }
    return out;
  }

  FlightGuard flights_;
  std::unique_ptr<MemoryEventStore> log_;
  bool shut_ = false;
  Held held_;
};

}  // namespace composable::host
