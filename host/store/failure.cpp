// A commit that failed: what was decided upon it is gone with it, and the state is made anew.
#include <algorithm>
#include <utility>

#include "observe/log.hpp"
#include "store/pipeline.hpp"

namespace composable::host {
namespace {

constexpr std::int64_t kFirstBackoffMicros = 100'000;
constexpr std::int64_t kLongestBackoffMicros = 10'000'000;
constexpr std::int64_t kLongestQuestionMicros = 1'000'000;  // between two about an unknown outcome

// The entry that tells most of an unknown head. A request that only writes timers has no event by
// which the log would know it: one behind it that is stored shows that it is stored too.
FlightEntry& telling_entry(Flight& flight) {
  const auto tells = [](const FlightEntry& entry) {
    return entry.fate == FlightEntry::Fate::kUnknown && !entry.request->streams.empty();
  };
  for (std::size_t n = 0; n < flight.size(); ++n) {
    if (tells(flight.at(n))) return flight.at(n);
  }
  return flight.front();
}

std::int64_t next_backoff(std::int64_t backoff, std::int64_t longest) {
  return std::clamp(backoff * 2, kFirstBackoffMicros, longest);
}

}  // namespace

// Looks at why the log refused, before the line is dropped.
void Store::Core::note_failure(const FlightEntry& entry) {
  const AppendResult& result = entry.request->result;
  switch (result.code) {
    case AppendCode::kUnavailable:
    case AppendCode::kAbsent:
      failed_bytes_ = std::max({failed_bytes_, entry.bytes, std::size_t{1}});
      break;
    case AppendCode::kShuttingDown:
      break;
    default:
      second_writer_ = true;
      // The log has what the domain cannot know of: a second writer, or a fault of the host.
      log_error(name_, "append_refused", {{"reason", result.message}});
  }
}

// Everything from the front on was decided upon what is not stored. The log refuses what it still
// has of this flight; when it has answered all of it, the line is dropped.
void Store::Core::fail_flight() {
  mailbox_.pause();
  if (flight_.at_log() != 0) return;
  const AppendResult& result = flight_.front().request->result;
  const Refusal refusal =
      unavailable(result.code == AppendCode::kShuttingDown ? "The host is shutting down"
                                                           : "The event store cannot write now",
                  result.message);
  const std::string result_message = result.message;
  for (std::size_t n = flight_.size(); n-- != 0;) forget_versions(flight_.at(n));
  while (!flight_.empty()) drop(flight_.take_front(), refusal);
  n_flight_.store(0, std::memory_order_relaxed);
  end_doubt();
  if (shutting_down_.load(std::memory_order_relaxed)) {
    mailbox_.resume();
    return halt(0, {COMPOSABLE_E_OVERLOADED, "the log failed while the host shut down", ""});
  }
  want_rebuild("a commit failed: " + result_message);
  rebuild_when_empty();
}

void Store::Core::forget_versions(const FlightEntry& entry) {
  if (entry.request == nullptr || entry.fate == FlightEntry::Fate::kStored) return;
  const FlightRequest& request = *entry.request;
  for (std::size_t s = 0; s < request.keys.size(); ++s) {
    streams_.set_version(request.keys[s], request.streams[s].exact_version);
  }
}

// Ends what the entry would have done. A cause that has stored something before says so.
void Store::Core::drop(FlightEntry entry, const Refusal& refusal) {
  if (entry.fate == FlightEntry::Fate::kStored) {  // against the rules of the log
    log_error(name_, "flight_broken", {{"reason", "a request was stored after one that failed"}});
    tell(entry);
    return leave(std::move(entry));
  }
  if (entry.read) --held_reads_;
  const bool settled = entry.answers && entry.kind == Outcome::Kind::kSettled && !entry.read;
  if (settled && entry.scope->cause->waiter != nullptr) {
    // All of its cause is durable: it is rendered again on the state that is made now.
    entry.scope->cause->decided = false;
    release_later_.push_back(entry.scope);
    return;
  }
  if (entry.scope == nullptr) return;
  Cause& cause = *entry.scope->cause;
  cause.fired_timer.clear();  // its row stays, and it comes again
  if (cause.waiter != nullptr || entry.request != nullptr) {
    end_now(cause, cause.position == 0 ? refusal
                                       : internal_error("a later step failed: " + refusal.message));
  }
  for (Scope* scope = entry.scope; scope != nullptr; scope = scope->parent) scope->steps.clear();
  release(*entry.scope);
}

// The head's outcome is unknown: the log is asked until it knows.
void Store::Core::ask_about_head() {
  if (asking_) return;
  asking_ = true;
  question_backoff_us_ = next_backoff(question_backoff_us_, kLongestQuestionMicros);
  env_.scheduler->after(question_backoff_us_, [weak = weak_from_this()] {
    const auto core = weak.lock();
    if (core == nullptr) return;
    core->post_urgent([core = core.get()] {
      core->mailbox_.assert_inside();
      core->asking_ = false;
      if (core->flight_.empty()) return;
      if (core->flight_.front().fate != FlightEntry::Fate::kUnknown) return;
      FlightEntry& entry = telling_entry(core->flight_);
      std::unique_ptr<FlightRequest> request = std::move(entry.answered);
      request->resolve_only = true;
      request->result = {};
      core->flight_.sent_again(entry);
      core->env_.events->append(std::move(request), *core);
    });
  });
}

// The log refuses what it had behind an unknown outcome, so nothing is decided upon that until all
// of it is answered; what is decided from now on is another flight.
void Store::Core::end_doubt() {
  in_doubt_ = false;
  question_backoff_us_ = 0;
  flight_.begin_next();
}

// The log could not write so many bytes: nothing is decided until it can.
void Store::Core::try_to_write_later() {
  trial_backoff_us_ = next_backoff(trial_backoff_us_, kLongestBackoffMicros);
  env_.scheduler->after(trial_backoff_us_, [weak = weak_from_this()] {
    const auto core = weak.lock();
    if (core == nullptr) return;
    core->post_urgent([core = core.get()] {
      core->mailbox_.assert_inside();
      if (core->failed_bytes_ == 0 || core->rebuilding_) return;
      core->on_own_thread([core, bytes = core->failed_bytes_] {
        const absl::Status status = core->env_.events->try_to_write(bytes);
        core->post_urgent([core, ok = status.ok()] {
          core->mailbox_.assert_inside();
          core->end_trial(ok);
        });
      });
    });
  });
}

void Store::Core::end_trial(bool writable) {
  if (failed_bytes_ == 0) return;
  if (!writable) return try_to_write_later();
  failed_bytes_ = 0;
  trial_backoff_us_ = 0;
  recovered();
  log_info(name_, "log_writable_again", {{"position", position_}});
}

}  // namespace composable::host
