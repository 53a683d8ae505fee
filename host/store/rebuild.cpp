// A state that has left the log's line is made anew from the log, beside the old one, which answers
// nothing any more.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_format.h"
#include "observe/log.hpp"
#include "runtime/own_thread.hpp"
#include "store/log_replay.hpp"
#include "store/pipeline.hpp"

namespace composable::host {
namespace {

constexpr std::int64_t kAgainMicros = 500'000;  // after the log could not be read

}  // namespace

// Nothing is decided, read or rendered from here on until there is another state.
void Store::Core::want_rebuild(std::string why) {
  rebuild_wanted_ = true;
  mailbox_.pause();
  {
    MutexLock lock(status_mutex_);
    halt_reason_ = std::move(why);
  }
  recovering_.store(true, std::memory_order_release);
}

// Nothing keeps the domain from working any more.
void Store::Core::recovered() {
  if (mailbox_.paused() || failed_bytes_ != 0) return;
  {
    MutexLock lock(status_mutex_);
    halt_reason_.clear();
  }
  recovering_.store(false, std::memory_order_release);
}

// What is in flight was decided before the fault, so it is stored, or fails, first.
void Store::Core::rebuild_when_empty() {
  if (!rebuild_wanted_ || rebuilding_ || !flight_.empty()) return;
  rebuild_wanted_ = false;
  rebuilding_ = true;
  std::optional<std::uint64_t> until = position_;
  if (std::exchange(second_writer_, false)) until.reset();
  on_own_thread([this, until, bytes = failed_bytes_, domain = domain_] {
    auto rebuilt = std::make_shared<Rebuilt>(rebuild_state(*domain, until));
    // Whether it can be written again is found out on the way: then no command is refused for it.
    if (bytes != 0) rebuilt->writable = env_.events->try_to_write(bytes).ok();
    post_urgent([this, rebuilt] {
      mailbox_.assert_inside();
      end_rebuild(*rebuilt);
    });
    if (rebuilt->snapshot) save_snapshot(*env_.events, *rebuilt->snapshot);
  });
}

// [a thread of its own]
Store::Core::Rebuilt Store::Core::rebuild_state(const DomainHandle& domain,
                                                std::optional<std::uint64_t> until) const {
  Rebuilt rebuilt;
  const std::int64_t began = env_.clock->steady_micros();
  absl::StatusOr<DomainHandle> fresh = domain.with_empty_state();
  if (!fresh.ok()) {
    rebuilt.status = fresh.status();
    return rebuilt;
  }
  auto replayed = replay_from_snapshot(*env_.events, *fresh,
                                       until.value_or(std::numeric_limits<std::uint64_t>::max()));
  auto timers = env_.events->load_timers(name_);
  if (!replayed.ok() || !timers.ok()) {
    rebuilt.status = replayed.ok() ? timers.status() : replayed.status();
    return rebuilt;
  }
  if (!until) {
    auto streams = load_streams();
    if (!streams.ok()) {
      rebuilt.status = streams.status();
      return rebuilt;
    }
    rebuilt.streams = *std::move(streams);
  }
  rebuilt.position = until.value_or(replayed->progress.position);
  rebuilt.failure = std::move(replayed->progress.failure);
  rebuilt.timers = *std::move(timers);
  if (!rebuilt.failure) {
    rebuilt.snapshot = snapshot_if_due(*fresh, replayed->progress.events, rebuilt.position);
  }
  rebuilt.state = std::make_shared<DomainHandle>(*std::move(fresh));
  rebuilt.micros = env_.clock->steady_micros() - began;
  return rebuilt;
}

void Store::Core::end_rebuild(Rebuilt& rebuilt) {
  rebuilding_ = false;
  if (!rebuilt.status.ok()) {
    log_error(name_, "rebuild_failed", {{"reason", std::string(rebuilt.status.message())}});
    env_.scheduler->after(kAgainMicros, [weak = weak_from_this()] {
      const auto core = weak.lock();
      if (core == nullptr) return;
      core->post_urgent([core = core.get()] {
        core->mailbox_.assert_inside();
        core->want_rebuild("the log could not be read");
        core->rebuild_when_empty();
      });
    });
    return;
  }
  domain_->exchange_state(*rebuilt.state);
  // What was the state until now is in `rebuilt.state`; jobs may still read it.
  retired_states_.push_back({std::move(rebuilt.state), next_job_});
  retire_states();
  if (rebuilt.streams) streams_ = *std::move(rebuilt.streams);
  position_ = rebuilt.position;
  shown_position_.store(position_, std::memory_order_relaxed);
  // The rows of delays that have fired stay until their causes have come to something; one that is
  // pending has a row of its own.
  absl::flat_hash_set<std::string> fired;
  for (const auto& cause : cause_memory_) {
    if (!delays_.stored(cause->fired_timer)) fired.insert(cause->fired_timer);
  }
  std::erase_if(rebuilt.timers,
                [&](const StoredTimer& timer) { return fired.contains(timer.key); });
  delays_.forget_stored();
  arm_timers(rebuilt.timers);
  if (poison_) {
    const std::int64_t now = env_.clock->steady_micros();
    const std::int64_t until = refused_types_.refuse(*poison_, rebuilt.micros, now);
    log_error(name_, "command_refused_for_a_time",
              {{"command", domain_->actions()[*poison_].name}, {"ms", (until - now) / 1000}});
    poison_.reset();
  }
  mailbox_.resume();
  log_info(name_, "rebuilt", {{"position", position_}, {"ms", rebuilt.micros / 1000}});
  if (rebuilt.failure) halt(rebuilt.failure->position, rebuilt.failure->error);
  if (failed_bytes_ != 0) return end_trial(rebuilt.writable);
  recovered();
}

// Destroys the states that no job can read any more, where a destructor may take its time.
void Store::Core::retire_states() {
  std::uint64_t oldest_job = next_job_;
  for (const auto& [id, run] : jobs_) oldest_job = std::min(oldest_job, id);
  for (std::size_t n = retired_states_.size(); n-- != 0;) {
    if (oldest_job < retired_states_[n].before_job) continue;
    // Its code must stay until it is gone: `serving` holds it.
    auto destroy = [state = std::move(retired_states_[n].state), serving = domain_]() mutable {
      state.reset();
      serving.reset();
    };
    retired_states_.erase(retired_states_.begin() + static_cast<std::ptrdiff_t>(n));
    if (env_.workers != nullptr) env_.workers->resubmit(std::move(destroy));
  }
}

// The thread of rebuilds and trial writes, which no job can occupy. One task at a time: the one
// before has said that it is over.
void Store::Core::on_own_thread(absl::AnyInvocable<void()> task) {
  MutexLock lock(own_thread_mutex_);
  if (ended_) return;  // what is left of the store's work is only let out
  if (own_thread_.joinable()) own_thread_.join();
  own_thread_ = std::thread([task = std::move(task)]() mutable {
    const OwnThread own;
    task();
  });
}

// The store ends. The loops may still run what it has posted.
void Store::Core::join_own_thread() {
  MutexLock lock(own_thread_mutex_);
  ended_ = true;
  if (own_thread_.joinable()) own_thread_.join();
}

}  // namespace composable::host
