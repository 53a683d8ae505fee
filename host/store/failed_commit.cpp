// After a failed commit: everything decided upon it is dropped, and the state is rebuilt.
#include <algorithm>
#include <utility>

#include "observe/log.hpp"
#include "store/backoff.hpp"
#include "store/output_commit.hpp"

namespace composable::host {
namespace {

constexpr std::int64_t kLongestQuestionMicros = 1'000'000;  // between two about an unknown outcome

// The entry by which the log is asked about an unknown head. A request that only writes timers has
// no event that could be looked up; a stored one behind it shows that it is stored too.
FlightEntry& unknown_entry(Flight& flight) {
  for (std::size_t n = 0; n < flight.size(); ++n) {
    FlightEntry& entry = flight.at(n);
    if (entry.commit_state == FlightEntry::CommitState::kUnknown && !entry.request->streams.empty())
      return entry;
  }
  return flight.front();
}

// The outcome of a request is unknown, and it has no event that could be looked up: its absence
// proves nothing.
bool may_be_stored(const FlightEntry& entry) {
  if (entry.request == nullptr || !entry.request->streams.empty()) return false;
  return entry.commit_state == FlightEntry::CommitState::kUnknown || entry.request->resolve_only;
}

}  // namespace

// Everything from the front on was decided upon what is not stored. The log refuses what it still
// has of this flight; when it has answered all of it, the line is dropped.
void OutputCommit::fail() {
  deps_.section.pause();
  if (flight_.at_log() != 0) return;
  const AppendResult& result = flight_.front().request->result;
  const std::string reason = result.message;
  const Refusal refusal =
      unavailable(result.code == AppendCode::kShuttingDown ? "The host is shutting down"
                                                           : "The event store cannot write now",
                  reason);
  for (std::size_t n = flight_.size(); n-- != 0;) forget_versions(flight_.at(n));
  while (!flight_.empty()) drop(flight_.take_front(), refusal);
  count();
  end_doubt();
  if (deps_.status.shutting_down()) {
    deps_.section.resume();
    deps_.recovery.cancel_rebuild();
    return deps_.owner.halt(
        0, {COMPOSABLE_E_OVERLOADED, "the log failed while the host shut down", ""});
  }
  deps_.recovery.request_rebuild("a commit failed: " + reason);
  deps_.recovery.begin_if_requested();
}

void OutputCommit::forget_versions(const FlightEntry& entry) {
  if (entry.request == nullptr || entry.commit_state == FlightEntry::CommitState::kStored) return;
  const FlightRequest& request = *entry.request;
  for (std::size_t s = 0; s < request.keys.size(); ++s) {
    deps_.serving.streams.set_version(request.keys[s], request.streams[s].exact_version);
  }
}

// Ends what the entry would have done. A cause that has stored something before says so.
void OutputCommit::drop(FlightEntry entry, const Refusal& refusal) {
  if (entry.commit_state == FlightEntry::CommitState::kStored) {  // against the rules of the log
    log_error(domain_, "flight_broken", {{"reason", "a request was stored after one that failed"}});
    notify_observers(entry);
    return release(std::move(entry));
  }
  if (entry.commit_state == FlightEntry::CommitState::kUnknown) end_request(entry);
  if (entry.read) --held_reads_;
  const bool settled = entry.answers && entry.kind == Outcome::Kind::kSettled && !entry.read;
  if (settled && entry.scope->cause->waiter != nullptr) {
    // All of its cause is durable: it is rendered again on the state that is made now.
    entry.scope->cause->decided = false;
    return deps_.causes.release_later(*entry.scope);
  }
  if (entry.scope == nullptr) return;
  Cause& cause = *entry.scope->cause;
  cause.fired_timer.clear();  // its row stays, and it comes again
  if (cause.waiter != nullptr || entry.request != nullptr) {
    deps_.waits.end_now(cause,
                        may_be_stored(entry) ? timed_out("The outcome is unknown") : refusal);
  }
  cause.failed = true;
  for (Scope* scope = entry.scope; scope != nullptr; scope = scope->parent) {
    scope->steps.clear();
    scope->next_step = 0;
  }
  deps_.causes.release(*entry.scope);
}

// The head's outcome is unknown: the log is asked until it knows.
void OutputCommit::ask_about_head() {
  if (std::exchange(asking_, true)) return;
  question_backoff_us_ = next_backoff(question_backoff_us_, kLongestQuestionMicros);
  deps_.section.post_urgent_after(question_backoff_us_, [this] {
    assert_serial();
    asking_ = false;
    if (flight_.empty() || flight_.front().commit_state != FlightEntry::CommitState::kUnknown)
      return;
    FlightEntry& entry = unknown_entry(flight_);
    std::unique_ptr<FlightRequest> request = std::move(entry.answered);
    request->resolve_only = true;
    request->result = {};
    flight_.sent_again(entry);
    deps_.log->append(std::move(request), *this);
  });
}

// The log refuses what it had behind an unknown outcome, so nothing is decided upon that until all
// of it is answered; what is decided from now on is another flight.
void OutputCommit::end_doubt() {
  in_doubt_ = false;
  deps_.status.doubt(false);
  question_backoff_us_ = 0;
  flight_.begin_next();
}

}  // namespace composable::host
