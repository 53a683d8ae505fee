// The way to the log and back: requests, parking, answers.
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/log.hpp"
#include "store/pipeline.hpp"

namespace composable::host {

void Store::Core::persist(const composable_action& command, Scope& scope, std::uint32_t attempts,
                          const composable_context& context) {
  Cause& cause = *scope.cause;
  auto request = std::make_unique<Append>();
  request->domain = name_;
  request->recorded_at_us = context.recorded_at_us;
  if (cause.meta.cause.is_nil()) cause.meta.cause = Uuid::v7(context.recorded_at_us, *env_.rng);
  request->meta = cause.meta;
  request->scope = &scope;
  request->command_type = command.type;
  request->attempts = attempts;
  CallError error;
  if (domain_->encode(command, request->command, error) < 0) return decide_failed(scope, error);

  request->streams = std::move(stage_.appends());
  for (StreamAppend& stream : request->streams) {
    stream.seen_position = position_;
    std::vector<std::uint32_t>& types = request->types.emplace_back();
    for (NewEvent& event : stream.events) {
      event.id = Uuid::v7(context.recorded_at_us, *env_.rng);
      types.push_back(domain_->find_action(event.type)->number);
    }
  }
  for (std::size_t n = 0; n < stage_.facts(); ++n) request->facts.push_back(stage_.fact(n));
  request->after = std::move(stage_.after());
  if (!cause.fired_timer.empty()) {
    request->cancelled_timers.push_back(std::exchange(cause.fired_timer, {}));
  }
  for (StagedEffect& effect : request->after) {
    if (effect.kind == StagedEffect::Kind::kCancel && delays_.stored(effect.key)) {
      request->cancelled_timers.push_back(effect.key);
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
  parking_.take(request->streams);
  ++scope.outstanding;
  env_.events->append(std::move(request), *this);
}

void Store::Core::park(const composable_action& command, Scope& scope, std::uint32_t attempts) {
  if (parking_.parked() >= options_.parked) {
    overloaded_.fetch_add(1, std::memory_order_relaxed);
    return refuse(*scope.cause, too_busy());
  }
  ParkedCommand parked{
      .type = command.type, .scope = &scope, .produced = current_->produced, .attempts = attempts};
  CallError error;
  if (domain_->encode(command, parked.data, error) < 0) return decide_failed(scope, error);
  for (const StreamAppend& s : stage_.appends()) parked.streams.push_back(s.stream);
  ++scope.outstanding;
  parking_.park(std::move(parked));
  n_parked_.store(parking_.parked(), std::memory_order_relaxed);
}

// [writer, or serial with a store that answers at once]
void Store::Core::appended(absl::Span<std::unique_ptr<AppendRequest>> answered) {
  std::vector<std::unique_ptr<AppendRequest>> taken;
  taken.reserve(answered.size());
  for (auto& request : answered) taken.push_back(std::move(request));
  post([this, taken = std::move(taken)]() mutable {
    mailbox_.assert_inside();
    after_commit(taken);
  });
}

// Evolves everything a commit wrote, hands it to the loops once, and only then wakes who waits: an
// ack never overtakes its own events.
void Store::Core::after_commit(std::vector<std::unique_ptr<AppendRequest>>& answered) {
  for (auto& base : answered) {
    Append& request = static_cast<Append&>(*base);
    if (request.scope == nullptr || halted_.load(std::memory_order_relaxed)) continue;
    const AppendCode code = request.result.code;
    // The log may hold events of this domain that the state has not seen.
    if (code == AppendCode::kConflict || code == AppendCode::kUnknown) behind_ = true;
    if (code != AppendCode::kOk) continue;
    catch_up();
    const std::uint64_t known = position_;
    if (evolve_stored(request)) broadcast_stored(request, known);
  }
  flush_broadcasts();
  for (auto& base : answered) {
    Append& request = static_cast<Append&>(*base);
    if (request.scope == nullptr) {
      if (request.result.code != AppendCode::kOk) {
        log_error(name_, "timer_write_failed", {{"reason", request.result.message}});
      }
      continue;
    }
    Scope& scope = *request.scope;
    if (!halted_.load(std::memory_order_relaxed)) {
      if (request.result.code == AppendCode::kOk) {
        std::uint64_t position = request.result.first_position;
        for (std::size_t s = 0; s < request.streams.size(); ++s) {
          for (std::size_t e = 0; e < request.streams[s].events.size(); ++e) {
            const NewEvent& event = request.streams[s].events[e];
            reply_if_awaited(
                {{request.types[s][e], COMPOSABLE_FORM_JSON, event.data.data(), event.data.size()},
                 request.streams[s].stream,
                 position++},
                *scope.cause);
          }
        }
        for (const StagedFact& fact : request.facts)
          reply_if_awaited({fact.view(), {}, 0}, *scope.cause);
        start_effects(request.after, scope);
      } else {
        answer_failed(request);
      }
    }
    parking_.release(request.streams, ready_);
    release(scope);
  }
  n_parked_.store(parking_.parked(), std::memory_order_relaxed);
}

void Store::Core::answer_failed(Append& request) {
  Cause& cause = *request.scope->cause;
  const AppendResult& result = request.result;
  switch (result.code) {
    case AppendCode::kConflict:
      if (request.attempts < options_.conflict_retries && catch_up()) {
        ++request.scope->outstanding;
        feedback_.push_back({request.command_type, std::move(request.command), request.scope,
                             request.attempts + 1});
        return;
      }
      return refuse(cause, {409, "CONFLICT",
                            absl::StrFormat("The stream %s has changed; it is at version %u",
                                            request.streams[result.stream_index].stream,
                                            result.actual_version)});
    case AppendCode::kDeleted:
      return refuse(cause, {409, "CONFLICT",
                            absl::StrFormat("The stream %s was deleted",
                                            request.streams[result.stream_index].stream)});
    case AppendCode::kOverloaded:
      overloaded_.fetch_add(1, std::memory_order_relaxed);
      return refuse(cause, unavailable("The event store is busy"));
    case AppendCode::kUnavailable:
    case AppendCode::kShuttingDown:
      return refuse(cause, unavailable("The event store cannot write now", result.message));
    case AppendCode::kUnknown:
      return refuse(cause, timed_out("The outcome is not known yet", result.message));
    default:  // foreign, invalid, duplicate: what the domain asked for cannot be
      return refuse(cause, internal_error("append: " + result.message));
  }
}

}  // namespace composable::host
