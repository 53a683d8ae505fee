#include "store/output_commit.hpp"

#include <algorithm>
#include <utility>

#include "events/append_rules.hpp"
#include "store/ending.hpp"

namespace composable::host {
namespace {

bool is_durable(const FlightEntry& entry) {
  return entry.commit_state == FlightEntry::CommitState::kFree ||
         entry.commit_state == FlightEntry::CommitState::kStored;
}

bool all_known(const Flight& flight) {
  for (std::size_t n = 0; n < flight.size(); ++n) {
    if (!is_durable(flight.at(n))) return false;
  }
  return true;
}

// The action that ended the wait of an entry.
Fact source_of(const FlightEntry& entry) {
  const auto json = [](std::uint32_t type, const std::string& data) {
    return composable_action{type, COMPOSABLE_FORM_JSON, data.data(), data.size()};
  };
  switch (entry.source) {
    case FlightEntry::Source::kNone:
      return {};
    case FlightEntry::Source::kProduced:
      return {json(entry.produced_type, entry.produced), {}, 0};
    case FlightEntry::Source::kFact:
      return {entry.facts[entry.place].view(), {}, 0};
    case FlightEntry::Source::kEvent:
      break;
  }
  const FlightRequest& request = *entry.request;
  std::size_t left = entry.place;
  std::size_t s = 0;
  for (; left >= request.streams[s].events.size(); ++s) left -= request.streams[s].events.size();
  return {json(request.types[s][left], request.streams[s].events[left].data),
          request.streams[s].stream, request.result.first_position + entry.place};
}

}  // namespace

OutputCommit::OutputCommit(std::string domain, const Dependencies& dependencies)
    : domain_(std::move(domain)),
      deps_(dependencies),
      flight_(dependencies.options.flight, dependencies.options.flight_bytes) {}

FlightEntry& OutputCommit::add(FlightEntry entry) {
  FlightEntry& added = flight_.add(std::move(entry));
  count();
  return added;
}

void OutputCommit::hold(FlightEntry entry, std::unique_ptr<FlightRequest> request) {
  entry.request = request.get();
  FlightEntry& added = add(std::move(entry));
  render_wait(added);
  if (request != nullptr) send(added, std::move(request));
}

void OutputCommit::hold_refusal(Scope& scope, Refusal refusal) {
  scope.cause->decided = true;
  ++scope.outstanding;
  FlightEntry entry;
  entry.scope = &scope;
  entry.answers = true;
  entry.kind = Outcome::Kind::kRefused;
  entry.refusal = std::make_unique<Refusal>(std::move(refusal));
  add(std::move(entry));
}

void OutputCommit::hold_settled(Cause& cause) {
  cause.decided = true;
  ++cause.root.outstanding;
  FlightEntry entry;
  entry.scope = &cause.root;
  entry.answers = true;
  add(std::move(entry));
}

void OutputCommit::hold_read(Cause& cause) {
  cause.decided = true;
  ++cause.root.outstanding;
  FlightEntry entry;
  entry.scope = &cause.root;
  entry.answers = entry.read = true;
  add(std::move(entry));
  ++held_reads_;
}

void OutputCommit::forget_row(std::string key) {
  auto request = std::make_unique<FlightRequest>();
  request->domain = domain_;
  request->flight = flight_.number();
  request->cancelled_timers.push_back(std::move(key));
  send(add({}), std::move(request));
}

bool OutputCommit::writes_row(const std::string& key) const {
  for (std::size_t n = 0; n < flight_.size(); ++n) {
    const FlightRequest* const request = flight_.at(n).request;
    if (request == nullptr) continue;
    for (const TimerWrite& timer : request->timers) {
      if (timer.key == key) return true;
    }
  }
  return false;
}

void OutputCommit::send(FlightEntry& entry, std::unique_ptr<FlightRequest> request) {
  request->entry = entry.number;
  if (entry.scope != nullptr) ++entry.scope->cause->at_log;
  flight_.sent(entry, *request, request_bytes(*request));
  deps_.log->append(std::move(request), *this);
}

// Ends the wait of the entry's cause when one of its facts is what it waits for: rendered now, on
// the state that this decide has left, and done when the entry leaves.
void OutputCommit::render_wait(FlightEntry& entry) {
  using Source = FlightEntry::Source;
  Cause& cause = *entry.scope->cause;
  if (cause.waiter == nullptr || cause.decided) return;
  Ending ending;
  const auto ends = [&](Source source, std::size_t place) {
    entry.source = source;
    entry.place = place;
    if (ends_wait(*deps_.serving.domain, source_of(entry), cause, ending)) {
      entry.answers = cause.decided = true;
      entry.kind = ending.outcome.kind;
      cause.waiter->render(ending.outcome);
      if (ending.outcome.refusal != nullptr) {
        entry.refusal = std::make_unique<Refusal>(std::move(ending.refusal));
      }
      return true;
    }
    entry.source = Source::kNone;
    return false;
  };
  if (!entry.produced.empty() && ends(Source::kProduced, 0)) return;
  if (entry.request != nullptr) {
    std::size_t events = 0;
    for (const StreamAppend& stream : entry.request->streams) events += stream.events.size();
    for (std::size_t n = 0; n < events; ++n) {
      if (ends(Source::kEvent, n)) return;
    }
  }
  for (std::size_t n = 0; n < entry.facts.size(); ++n) {
    if (ends(Source::kFact, n)) return;
  }
}

void OutputCommit::appended(absl::Span<std::unique_ptr<AppendRequest>> answered) {
  std::vector<std::unique_ptr<AppendRequest>> taken;
  taken.reserve(answered.size());
  for (auto& request : answered) taken.push_back(std::move(request));
  deps_.section.post_urgent([this, taken = std::move(taken)]() mutable {
    assert_serial();
    take_answers(taken);
  });
}

void OutputCommit::take_answers(std::vector<std::unique_ptr<AppendRequest>>& answered) {
  using CommitState = FlightEntry::CommitState;
  for (auto& base : answered) {
    std::unique_ptr<FlightRequest> request(static_cast<FlightRequest*>(base.release()));
    const AppendCode code = request->result.code;
    const bool asked = request->resolve_only;
    if (code == AppendCode::kOk || code == AppendCode::kDuplicate) {
      end_request(flight_.answered(std::move(request), CommitState::kStored));
    } else if (code == AppendCode::kUnknown || (asked && code != AppendCode::kAbsent)) {
      flight_.answered(std::move(request), CommitState::kUnknown);
      in_doubt_ = true;
      deps_.status.doubt(true);
    } else {
      FlightEntry& failed = flight_.answered(std::move(request), CommitState::kFailed);
      end_request(failed);
      deps_.recovery.note_refusal(failed.request->result, failed.bytes);
    }
  }
  release_durable();
}

// What became of the entry's request is known.
void OutputCommit::end_request(FlightEntry& entry) {
  if (entry.scope != nullptr) --entry.scope->cause->at_log;
}

// What is stored behind an unknown request shows that this one is stored too; the log cannot tell
// of one without events.
void OutputCommit::learn_from_those_behind() {
  std::size_t stored = flight_.size();
  while (stored != 0 && flight_.at(stored - 1).commit_state != FlightEntry::CommitState::kStored)
    --stored;
  for (std::size_t n = 0; n + 1 < stored; ++n) {
    FlightEntry& entry = flight_.at(n);
    if (entry.commit_state == FlightEntry::CommitState::kUnknown &&
        entry.request->streams.empty()) {
      entry.commit_state = FlightEntry::CommitState::kStored;
      end_request(entry);
    }
  }
}

// Everything that may leave goes to the loops at once, and is only then answered: an ack never
// overtakes its own events.
void OutputCommit::release_durable() {
  if (std::exchange(releasing_, true)) return;
  if (in_doubt_) learn_from_those_behind();
  if (in_doubt_ && all_known(flight_)) end_doubt();  // what leaves may have something for the log
  while (!flight_.empty() && is_durable(flight_.front())) {
    std::size_t notified = 0;
    for (; notified < flight_.size() && is_durable(flight_.at(notified)); ++notified) {
      notify_observers(flight_.at(notified));
    }
    deps_.observers.flush();
    for (; notified != 0; --notified) release(flight_.take_front());
  }
  releasing_ = false;
  count();
  deps_.status.show_position(deps_.serving.position);
  if (!flight_.empty() && flight_.front().commit_state == FlightEntry::CommitState::kUnknown) {
    return ask_about_head();
  }
  if (!flight_.empty() && flight_.front().commit_state == FlightEntry::CommitState::kFailed)
    return fail();
  if (in_doubt_ && flight_.at_log() == 0) end_doubt();
  if (flight_.empty()) deps_.recovery.begin_if_requested();
}

void OutputCommit::notify_observers(FlightEntry& entry) {
  if (entry.scope == nullptr) return;
  const DomainHandle& domain = *deps_.serving.domain;
  Cause& cause = *entry.scope->cause;
  if (entry.read) cause.position = deps_.serving.position;  // as far as what it was rendered on
  if (!entry.produced.empty()) {
    deps_.observers.notify(
        domain,
        {{entry.produced_type, COMPOSABLE_FORM_JSON, entry.produced.data(), entry.produced.size()},
         {},
         0},
        cause);
  }
  if (entry.request != nullptr) {
    const FlightRequest& request = *entry.request;
    std::uint64_t position = request.result.first_position;
    for (std::size_t s = 0; s < request.streams.size(); ++s) {
      for (std::size_t e = 0; e < request.streams[s].events.size(); ++e) {
        const std::string& data = request.streams[s].events[e].data;
        deps_.observers.notify(
            domain,
            {{request.types[s][e], COMPOSABLE_FORM_JSON, data.data(), data.size()},
             request.streams[s].stream,
             position++},
            cause);
      }
    }
    if (!request.streams.empty()) {
      cause.position = position - 1;
      deps_.serving.position = std::max(deps_.serving.position, cause.position);
    }
  }
  for (const StagedFact& fact : entry.facts) {
    deps_.observers.notify(domain, {fact.view(), {}, 0}, cause);
  }
}

void OutputCommit::release(FlightEntry entry) {
  if (entry.read) --held_reads_;
  if (entry.scope == nullptr) return;
  Scope& scope = *entry.scope;
  if (entry.answers) end_wait(entry);
  deps_.causes.start(entry.after, scope);
  deps_.causes.release(scope);
}

void OutputCommit::end_wait(const FlightEntry& entry) {
  Cause& cause = *entry.scope->cause;
  if (entry.kind == Outcome::Kind::kRefused && entry.source == FlightEntry::Source::kNone) {
    if (cause.waiter != nullptr) deps_.waits.end_now(cause, *entry.refusal);
    return;
  }
  Outcome outcome{.kind = entry.kind, .position = cause.position};
  const Fact fact = source_of(entry);
  if (entry.source != FlightEntry::Source::kNone) outcome.action = &fact.action;
  if (cause.match != nullptr && entry.kind == Outcome::Kind::kMatched) {
    outcome.position = fact.position;
  }
  outcome.refusal = entry.refusal.get();
  deps_.waits.end(cause, outcome);
}

}  // namespace composable::host
