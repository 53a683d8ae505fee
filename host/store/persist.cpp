// The way to the log and back: requests and their answers.
#include <utility>

#include "absl/strings/str_format.h"
#include "events/append_rules.hpp"
#include "observe/log.hpp"
#include "store/pipeline.hpp"

namespace composable::host {

// Takes appends and timers from the stage. Versions are those of the streams as decided so far.
std::unique_ptr<FlightRequest> Store::Core::make_request(Cause& cause,
                                                         const composable_context& context) {
  auto request = std::make_unique<FlightRequest>();
  request->domain = name_;
  request->flight = flight_.number();
  request->recorded_at_us = context.recorded_at_us;
  if (cause.meta.cause.is_nil()) cause.meta.cause = Uuid::v7(context.recorded_at_us, *env_.rng);
  request->meta = cause.meta;
  request->streams = std::move(stage_.appends());
  for (StreamAppend& stream : request->streams) {
    request->keys.push_back(streams_.key_of(stream.stream));
    std::vector<std::uint32_t>& types = request->types.emplace_back();
    for (NewEvent& event : stream.events) {
      event.id = Uuid::v7(context.recorded_at_us, *env_.rng);
      types.push_back(domain_->find_action(event.type)->number);
    }
  }
  if (!cause.fired_timer.empty()) {
    std::string fired = std::exchange(cause.fired_timer, {});
    if (!has_new_row(fired)) request->cancelled_timers.push_back(std::move(fired));
  }
  for (StagedEffect& effect : stage_.after()) {
    // A key that is cancelled is listed whether it is known or not: what it names may be on its
    // way.
    if (effect.kind == StagedEffect::Kind::kCancel && !effect.key.empty()) {
      request->cancelled_timers.push_back(effect.key);
      std::erase_if(request->timers,
                    [&](const TimerWrite& timer) { return timer.key == effect.key; });
      effect.stored = true;
    }
    if (effect.kind != StagedEffect::Kind::kDelay) continue;
    effect.due_us = context.recorded_at_us + static_cast<std::int64_t>(effect.amount);
    // A row needs a name; one that the domain cannot know is as good as none.
    if (effect.key.empty()) effect.key = "~" + Uuid::v7(context.recorded_at_us, *env_.rng).text();
    effect.stored = true;
    std::erase(request->cancelled_timers, effect.key);
    request->timers.push_back({effect.key, effect.due_us, domain_->actions()[effect.number].name,
                               effect.data, cause.meta});
  }
  return request;
}

// The log is asked for exactly the versions that were found, so that nothing else can be written.
std::optional<Refusal> Store::Core::check_expectations(FlightRequest& request) {
  for (std::size_t s = 0; s < request.streams.size(); ++s) {
    StreamAppend& append = request.streams[s];
    const StreamTable::Stream stream = streams_.find(request.keys[s]);
    if (stream.deleted) {
      return Refusal{409, "CONFLICT", absl::StrFormat("The stream %s was deleted", append.stream)};
    }
    const bool holds = append.expected == Expected::kNone     ? stream.version == 0
                       : append.expected == Expected::kExists ? stream.version != 0
                       : append.expected == Expected::kExact
                           ? stream.version == append.exact_version
                           : true;  // what the decide has seen is what there is
    if (!holds) {
      return Refusal{409, "CONFLICT",
                     absl::StrFormat("The stream %s has changed; it is at version %u",
                                     append.stream, stream.version)};
    }
    append.expected = Expected::kExact;
    append.exact_version = stream.version;
  }
  return std::nullopt;
}

// All that the current decide returned becomes one entry of the flight.
void Store::Core::enter_flight(Scope& scope, std::unique_ptr<FlightRequest> request) {
  FlightEntry entry;
  entry.scope = &scope;
  entry.request = request.get();
  entry.after = std::move(stage_.after());
  for (std::size_t n = 0; n < stage_.facts(); ++n) entry.facts.push_back(stage_.fact(n));
  const bool produced = std::exchange(current_->produced, false);
  if (produced && (ring_->observed() || scope.cause->match != nullptr)) {
    entry.produced_type = current_->action->type;
    if (domain_->encode(*current_->action, entry.produced, error_) < 0) entry.produced.clear();
  }
  ++scope.outstanding;
  FlightEntry& added = flight_.add(std::move(entry));
  answer_in_flight(added);
  if (request != nullptr) send_to_log(added, std::move(request));
  n_flight_.store(flight_.size(), std::memory_order_relaxed);
}

void Store::Core::send_to_log(FlightEntry& entry, std::unique_ptr<FlightRequest> request) {
  request->entry = entry.number;
  flight_.sent(entry, *request, request_bytes(*request));
  env_.events->append(std::move(request), *this);
}

// [writer, or serial with a store that answers at once]
void Store::Core::appended(absl::Span<std::unique_ptr<AppendRequest>> answered) {
  std::vector<std::unique_ptr<AppendRequest>> taken;
  taken.reserve(answered.size());
  for (auto& request : answered) taken.push_back(std::move(request));
  post_urgent([this, taken = std::move(taken)]() mutable {
    mailbox_.assert_inside();
    take_answers(taken);
  });
}

void Store::Core::take_answers(std::vector<std::unique_ptr<AppendRequest>>& answered) {
  using Fate = FlightEntry::Fate;
  for (auto& base : answered) {
    std::unique_ptr<FlightRequest> request(static_cast<FlightRequest*>(base.release()));
    const AppendCode code = request->result.code;
    const bool asked = request->resolve_only;
    if (code == AppendCode::kOk || code == AppendCode::kDuplicate) {
      flight_.answered(std::move(request), Fate::kStored);
    } else if (code == AppendCode::kUnknown || (asked && code != AppendCode::kAbsent)) {
      flight_.answered(std::move(request), Fate::kUnknown);
      in_doubt_ = true;
    } else {
      note_failure(flight_.answered(std::move(request), Fate::kFailed));
    }
  }
  leave_what_is_durable();
}

}  // namespace composable::host
