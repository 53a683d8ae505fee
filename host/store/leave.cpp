// What is durable leaves the domain, in the order in which it was decided: events to sockets and
// observers first, then the answer, then the effects.
#include <algorithm>
#include <utility>

#include "store/pipeline.hpp"

namespace composable::host {
namespace {

bool is_durable(const FlightEntry& entry) {
  return entry.fate == FlightEntry::Fate::kFree || entry.fate == FlightEntry::Fate::kStored;
}

// What is stored behind an unknown request shows that this one is stored too; the log cannot tell
// of one without events.
void learn_from_those_behind(Flight& flight) {
  std::size_t stored = flight.size();
  while (stored != 0 && flight.at(stored - 1).fate != FlightEntry::Fate::kStored) --stored;
  for (std::size_t n = 0; n + 1 < stored; ++n) {
    FlightEntry& entry = flight.at(n);
    if (entry.fate == FlightEntry::Fate::kUnknown && entry.request->streams.empty()) {
      entry.fate = FlightEntry::Fate::kStored;
    }
  }
}

}  // namespace

// Everything that may leave is told to the loops at once, and only then answered: an ack never
// overtakes its own events.
void Store::Core::leave_what_is_durable() {
  if (std::exchange(leaving_, true)) return;
  if (in_doubt_) learn_from_those_behind(flight_);
  while (!flight_.empty() && is_durable(flight_.front())) {
    std::size_t told = 0;
    for (; told < flight_.size() && is_durable(flight_.at(told)); ++told) {
      tell(flight_.at(told));
    }
    flush_broadcasts();
    for (; told != 0; --told) leave(flight_.take_front());
  }
  leaving_ = false;
  n_flight_.store(flight_.size(), std::memory_order_relaxed);
  shown_position_.store(position_, std::memory_order_relaxed);
  if (!flight_.empty() && flight_.front().fate == FlightEntry::Fate::kUnknown) {
    return ask_about_head();
  }
  if (!flight_.empty() && flight_.front().fate == FlightEntry::Fate::kFailed) return fail_flight();
  if (in_doubt_ && flight_.at_log() == 0) end_doubt();
  rebuild_when_empty();
}

void Store::Core::tell(FlightEntry& entry) {
  if (entry.scope == nullptr) return;
  Cause& cause = *entry.scope->cause;
  if (!entry.produced.empty()) {
    broadcast(
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
        broadcast({{request.types[s][e], COMPOSABLE_FORM_JSON, data.data(), data.size()},
                   request.streams[s].stream,
                   position++},
                  cause);
      }
    }
    if (!request.streams.empty()) {
      cause.position = position - 1;
      position_ = std::max(position_, cause.position);
    }
  }
  for (const StagedFact& fact : entry.facts) broadcast({fact.view(), {}, 0}, cause);
}

void Store::Core::leave(FlightEntry entry) {
  if (entry.read) --held_reads_;
  if (entry.scope == nullptr) return;
  Scope& scope = *entry.scope;
  if (entry.answers) end_wait(entry);
  start_effects(entry.after, scope);
  release(scope);
}

void Store::Core::end_wait(const FlightEntry& entry) {
  Cause& cause = *entry.scope->cause;
  Outcome outcome{.kind = entry.kind, .position = cause.position};
  const Fact fact = source_of(entry);
  if (entry.source != FlightEntry::Source::kNone) outcome.action = &fact.action;
  if (cause.match != nullptr && entry.kind == Outcome::Kind::kMatched) {
    outcome.position = fact.position;
  }
  if (entry.kind == Outcome::Kind::kRefused) outcome.refusal = &entry.refusal;
  reply(cause, outcome);
}

Store::Core::Fact Store::Core::source_of(const FlightEntry& entry) {
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

}  // namespace composable::host
