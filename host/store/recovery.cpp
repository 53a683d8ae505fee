#include "store/recovery.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "observe/host_thread.hpp"
#include "observe/log.hpp"
#include "store/backoff.hpp"

namespace composable::host {
namespace {

constexpr std::int64_t kLongestMicros = 10'000'000;  // between two trials of the log

}  // namespace

void Recovery::request_rebuild(std::string why) {
  requested_ = true;
  deps_.section.pause();
  deps_.status.recover(std::move(why));
}

void Recovery::request_rebuild_after(std::uint32_t command, std::string why) {
  poison_ = command;
  request_rebuild(std::move(why));
}

void Recovery::note_refusal(const AppendResult& result, std::size_t bytes) {
  switch (result.code) {
    case AppendCode::kUnavailable:
    case AppendCode::kAbsent:
      failed_bytes_ = std::max({failed_bytes_, bytes, std::size_t{1}});
      break;
    case AppendCode::kShuttingDown:
      break;
    default:
      second_writer_ = true;
      // The log has what the domain cannot know of: a second writer, or a fault of the host.
      log_error(domain_, "append_refused",
                {{"reason", result.message},
                 {"advice",
                  "the log holds what this host has not written: look for another process "
                  "that writes to it"}});
  }
}

void Recovery::begin() {
  requested_ = false;
  busy_ = true;
  std::optional<std::uint64_t> until = deps_.serving.position;
  if (std::exchange(second_writer_, false)) until.reset();
  on_own_thread([this, until, bytes = failed_bytes_, domain = deps_.serving.domain] {
    auto rebuilt = std::make_shared<Rebuilt>(rebuild(*domain, until));
    // Whether it can be written again is found out on the way: then no command is refused for it.
    if (bytes != 0) rebuilt->writable = deps_.log->try_to_write(bytes).ok();
    deps_.section.post_urgent([this, rebuilt] {
      assert_serial();
      take(*rebuilt);
    });
  });
}

// [own thread]
Recovery::Rebuilt Recovery::rebuild(const DomainHandle& domain,
                                    std::optional<std::uint64_t> until) const {
  Rebuilt rebuilt;
  rebuilt.whole_log = !until;
  const std::int64_t began = deps_.clock.steady_micros();
  const std::uint64_t head = deps_.log->stats().head;
  absl::StatusOr<DomainHandle> fresh = domain.with_empty_state();
  if (!fresh.ok()) {
    rebuilt.status = fresh.status();
    return rebuilt;
  }
  auto replayed = replay_from_snapshot(*deps_.log, *fresh,
                                       until.value_or(std::numeric_limits<std::uint64_t>::max()));
  auto timers = deps_.log->load_timers(domain_);
  if (!replayed.ok() || !timers.ok()) {
    rebuilt.status = replayed.ok() ? timers.status() : replayed.status();
    return rebuilt;
  }
  if (!until) {
    auto streams = load_streams(*deps_.log, domain_, std::max(head, replayed->progress.position));
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
    rebuilt.snapshot =
        snapshot_if_due(*fresh, rebuilt.position, replayed->progress.events, deps_.snapshot_events);
  }
  rebuilt.state = std::make_shared<DomainHandle>(*std::move(fresh));
  rebuilt.micros = deps_.clock.steady_micros() - began;
  return rebuilt;
}

void Recovery::take(Rebuilt& rebuilt) {
  busy_ = false;
  if (!rebuilt.status.ok()) {
    second_writer_ = second_writer_ || rebuilt.whole_log;
    rebuild_backoff_us_ = next_backoff(rebuild_backoff_us_, kLongestMicros);
    log_error(domain_, "rebuild_failed",
              {{"reason", std::string(rebuilt.status.message())},
               {"again_in_ms", rebuild_backoff_us_ / 1000}});
    deps_.section.post_urgent_after(rebuild_backoff_us_, [this] {
      assert_serial();
      request_rebuild("the log could not be read");
    });
    return;
  }
  rebuild_backoff_us_ = 0;
  deps_.owner.take_state(rebuilt);
  // What was the state until now is in `rebuilt.state`; jobs may still read it.
  retired_.push_back({std::move(rebuilt.state), deps_.serving.domain, deps_.jobs.next()});
  retire_states();
  refuse_poison(rebuilt.micros);
  deps_.section.resume();
  log_info(domain_, "rebuilt",
           {{"position", deps_.serving.position}, {"ms", rebuilt.micros / 1000}});
  save_later(std::move(rebuilt.snapshot));
  if (failed_bytes_ != 0) return end_trial(rebuilt.writable);
  recovered();
}

// A worker saves it. The thread of the rebuild has nothing left to do then, so that a loop which
// joins it does not wait.
void Recovery::save_later(std::optional<BuildSnapshot> snapshot) {
  if (!snapshot || deps_.workers == nullptr) return;
  deps_.workers->resubmit(
      [log = deps_.log, saved = *std::move(snapshot)] { save_snapshot(*log, saved); });
}

void Recovery::refuse_poison(std::int64_t rebuild_us) {
  if (!poison_) return;
  const std::int64_t now = deps_.clock.steady_micros();
  const std::int64_t until = refused_.refuse(*poison_, rebuild_us, now);
  const std::string& command = deps_.serving.domain->actions()[*poison_].name;
  log_error(domain_, "command_refused_for_a_time",
            {{"command", command}, {"ms", (until - now) / 1000}});
  deps_.status.refuse(command, until);
  deps_.cells.set_refused(command, (deps_.clock.unix_micros() + until - now) / 1'000'000);
  poison_.reset();
}

void Recovery::clear_refused_commands() {
  refused_.clear();
  deps_.cells.clear_refused();
}

// The log could not write so many bytes: nothing is decided until it can.
void Recovery::try_to_write_later() {
  if (std::exchange(trial_planned_, true)) return;
  trial_backoff_us_ = next_backoff(trial_backoff_us_, kLongestMicros);
  deps_.section.post_urgent_after(trial_backoff_us_, [this] {
    assert_serial();
    trial_planned_ = false;
    if (failed_bytes_ == 0) return;
    if (busy_) return try_to_write_later();
    try_to_write();
  });
}

void Recovery::try_to_write() {
  busy_ = true;
  on_own_thread([this, bytes = failed_bytes_] {
    const bool writable = deps_.log->try_to_write(bytes).ok();
    deps_.section.post_urgent([this, writable] {
      assert_serial();
      busy_ = false;
      end_trial(writable);
    });
  });
}

void Recovery::end_trial(bool writable) {
  if (failed_bytes_ == 0) return;
  if (!writable) return try_to_write_later();
  failed_bytes_ = 0;
  trial_backoff_us_ = 0;
  recovered();
  log_info(domain_, "log_writable_again", {{"position", deps_.serving.position}});
}

// Nothing keeps the domain from working any more.
void Recovery::recovered() {
  if (!deps_.section.paused() && failed_bytes_ == 0) deps_.status.recovered();
}

void Recovery::retire_unread() {
  const std::uint64_t oldest_job = deps_.jobs.oldest();
  for (std::size_t n = retired_.size(); n-- != 0;) {
    if (oldest_job < retired_[n].before_job) continue;
    auto destroy = [state = std::move(retired_[n].state),
                    code = std::move(retired_[n].code)]() mutable {
      state.reset();
      code.reset();
    };
    retired_.erase(retired_.begin() + static_cast<std::ptrdiff_t>(n));
    if (deps_.workers != nullptr) deps_.workers->resubmit(std::move(destroy));
  }
}

// One task at a time: the one before has said that it is over.
void Recovery::on_own_thread(absl::AnyInvocable<void()> task) {
  MutexLock lock(thread_mutex_);
  if (ended_) return;  // what is left of the store's work is only let out
  if (thread_.joinable()) thread_.join();
  thread_ = start_host_thread("recovery", std::move(task));
}

void Recovery::end() {
  MutexLock lock(thread_mutex_);
  ended_ = true;
  if (thread_.joinable()) thread_.join();
}

}  // namespace composable::host
