// A waiter is told how it ended.
#include <utility>

#include "observe/log.hpp"
#include "store/pipeline.hpp"

namespace composable::host {

struct Store::Core::Ending {
  Outcome outcome;
  Refusal refusal;
  composable_action action;
  std::string encoded;
};

// Whether the fact is what the cause waits for; `ending` then says how the wait ends.
bool Store::Core::ends_wait(const Fact& fact, const Cause& cause, Ending& ending) {
  const ActionType& type = domain_->actions()[fact.action.type];
  ending.action = fact.action;
  ending.outcome = {
      .kind = Outcome::Kind::kMatched, .action = &ending.action, .position = cause.position};
  if (cause.match != nullptr) {
    ending.encoded.clear();
    CallError error;
    if (domain_->encode(fact.action, ending.encoded, error) < 0 ||
        !(*cause.match)(type.name, ending.encoded)) {
      return false;
    }
    ending.action = {type.number, COMPOSABLE_FORM_JSON, ending.encoded.data(),
                     ending.encoded.size()};
    ending.outcome.position = fact.position;
    return true;
  }
  if (cause.route != Cause::kNoRoute) {
    for (const std::uint32_t outcome : domain_->routes()[cause.route].outcomes) {
      if (outcome == fact.action.type) return true;
    }
  }
  if (type.action_class != COMPOSABLE_CLASS_REJECTION) return false;
  ending.refusal = {static_cast<std::uint16_t>(type.status), type.code, {}, {}, 0};
  domain_->explain(fact.action, ending.refusal.message, ending.refusal.path);
  ending.outcome.kind = Outcome::Kind::kRefused;
  ending.outcome.refusal = &ending.refusal;
  return true;
}

// With an empty flight: ends the wait of the cause at once when the fact is what it waits for.
void Store::Core::reply_if_awaited(const Fact& fact, Cause& cause) {
  if (cause.waiter == nullptr || cause.decided) return;
  Ending ending;
  if (!ends_wait(fact, cause, ending)) return;
  cause.waiter->render(ending.outcome);
  reply(cause, ending.outcome);
}

// Ends the wait of the entry's cause when one of its facts is what it waits for: rendered now, on
// the state that this decide has left, and told when the entry leaves.
void Store::Core::answer_in_flight(FlightEntry& entry) {
  using Source = FlightEntry::Source;
  Cause& cause = *entry.scope->cause;
  if (cause.waiter == nullptr || cause.decided) return;
  Ending ending;
  const auto ends = [&](Source source, std::size_t place) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    entry.source = source;
    entry.place = place;
    if (ends_wait(source_of(entry), cause, ending)) {
      entry.answers = cause.decided = true;
      entry.kind = ending.outcome.kind;
      entry.refusal = std::move(ending.refusal);
      cause.waiter->render(ending.outcome);
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

void Store::Core::reply(Cause& cause, const Outcome& outcome) {
  if (cause.waiter == nullptr) return;
  deadlines_.remove(cause);
  std::exchange(cause.waiter, nullptr)->ended(outcome);
}

// Unless the wait has an ending already that is only waiting for the log.
void Store::Core::refuse(Cause& cause, const Refusal& refusal) {
  if (!cause.decided || cause.waiter == nullptr) end_now(cause, refusal);
}

// What fails with nobody waiting for it is told to the log; else the waiter logs it, with the
// answer.
void Store::Core::end_now(Cause& cause, const Refusal& refusal) {
  if (cause.waiter == nullptr && refusal.status >= 500) {
    log_error(
        name_, "failed_unawaited",
        {{"code", refusal.code},
         {"reason", refusal.reason_for_log()},
         {"correlation_id", cause.meta.correlation.is_nil() ? "" : cause.meta.correlation.text()}});
  }
  reply(cause, {.kind = Outcome::Kind::kRefused, .position = cause.position, .refusal = &refusal});
}

}  // namespace composable::host
