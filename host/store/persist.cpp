// The way to the log: what decide wants to append becomes one request, in decision order.
#include <utility>

#include "absl/strings/str_format.h"
#include "events/append_rules.hpp"
#include "store/pipeline.hpp"

namespace composable::host {
namespace {

// A key that is cancelled, in a group too, is listed whether it is known or not: what it names may
// be on its way.
void list_cancelled(StagedEffect& effect, FlightRequest& request) {
  for (StagedEffect& child : effect.children) list_cancelled(child, request);
  if (effect.kind != StagedEffect::Kind::kCancel || effect.key.empty()) return;
  request.cancelled_timers.push_back(effect.key);
  std::erase_if(request.timers, [&](const TimerWrite& timer) { return timer.key == effect.key; });
  effect.stored = true;
}

}  // namespace

// Checks what was decided against the streams as they are, evolves it, and hands it over. What is
// refused here has moved nothing but, perhaps, a state that is rebuilt.
void Pipeline::persist(const composable_action& command, Scope& scope) {
  Cause& cause = *scope.cause;
  std::string fired_timer = cause.fired_timer;
  std::unique_ptr<FlightRequest> request = make_request(cause, *current_->context);
  std::optional<Refusal> refusal = check_expectations(*request);
  if (!refusal && refuse_malformed(*request)) {
    refusal = internal_error(request->result.message);
  }
  if (!refusal && !evolve(command, *request)) {
    refusal = internal_error(absl::StrFormat("evolve: %s", error_.message));
  }
  if (!refusal) return enter_flight(scope, std::move(request));
  cause.fired_timer = std::move(fired_timer);
  refuse_in_order(scope, *std::move(refusal));
}

// Takes appends and timers from the stage. Versions are those of the streams as decided so far.
std::unique_ptr<FlightRequest> Pipeline::make_request(Cause& cause,
                                                      const composable_context& context) {
  const std::int64_t now_us = context.recorded_at_us;
  auto request = std::make_unique<FlightRequest>();
  request->domain = domain_;
  request->flight = deps_.output.flight().number();
  request->recorded_at_us = now_us;
  if (cause.meta.cause.is_nil()) cause.meta.cause = Uuid::v7(now_us, deps_.rng);
  request->meta = cause.meta;
  request->streams = std::move(stage_.appends());
  for (StreamAppend& stream : request->streams) {
    request->keys.push_back(deps_.serving.streams.key_of(stream.stream));
    std::vector<std::uint32_t>& types = request->types.emplace_back();
    for (NewEvent& event : stream.events) {
      event.id = Uuid::v7(now_us, deps_.rng);
      types.push_back(domain().find_action(event.type)->number);
    }
  }
  if (!cause.fired_timer.empty()) {
    std::string fired = std::exchange(cause.fired_timer, {});
    if (!deps_.timers.has_new_row(fired)) request->cancelled_timers.push_back(std::move(fired));
  }
  for (StagedEffect& effect : stage_.after()) {
    list_cancelled(effect, *request);
    if (effect.kind != StagedEffect::Kind::kDelay) continue;
    effect.due_us = now_us + static_cast<std::int64_t>(effect.amount);
    // A row needs a name; one that the domain cannot know is as good as none.
    if (effect.key.empty()) effect.key = "~" + Uuid::v7(now_us, deps_.rng).text();
    effect.stored = true;
    std::erase(request->cancelled_timers, effect.key);
    request->timers.push_back({effect.key, effect.due_us, domain().actions()[effect.number].name,
                               effect.data, cause.meta});
  }
  return request;
}

// The log is asked for exactly the versions that were found, so that nothing else can be written.
std::optional<Refusal> Pipeline::check_expectations(FlightRequest& request) const {
  for (std::size_t s = 0; s < request.streams.size(); ++s) {
    StreamAppend& append = request.streams[s];
    const StreamTable::Stream stream = deps_.serving.streams.find(request.keys[s]);
    if (stream.deleted) {
      return conflict(absl::StrFormat("The stream %s was deleted", append.stream));
    }
    const bool holds = append.expected == Expected::kNone     ? stream.version == 0
                       : append.expected == Expected::kExists ? stream.version != 0
                       : append.expected == Expected::kExact
                           ? stream.version == append.exact_version
                           : true;  // what the decide has seen is what there is
    if (!holds) {
      return conflict(absl::StrFormat("The stream %s has changed; it is at version %u",
                                      append.stream, stream.version));
    }
    append.expected = Expected::kExact;
    append.exact_version = stream.version;
  }
  return std::nullopt;
}

// All that the current decide returned becomes one entry of the flight.
void Pipeline::enter_flight(Scope& scope, std::unique_ptr<FlightRequest> request) {
  FlightEntry entry;
  entry.scope = &scope;
  entry.after = std::move(stage_.after());
  for (std::size_t n = 0; n < stage_.facts(); ++n) entry.facts.push_back(stage_.fact(n));
  const bool produced = std::exchange(current_->produced, false);
  if (produced && (deps_.observers.observed() || scope.cause->match != nullptr)) {
    entry.produced_type = current_->action->type;
    if (domain().encode(*current_->action, entry.produced, error_) < 0) entry.produced.clear();
  }
  ++scope.outstanding;
  deps_.output.hold(std::move(entry), std::move(request));
}

}  // namespace composable::host
