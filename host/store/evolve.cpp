// Evolves decided events into the state; only this file and the replay of the log do.
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/log.hpp"
#include "store/pipeline.hpp"
#include "store/reducer_context.hpp"

namespace composable::host {

// [serial] Called inside the plugin's decide.
void Pipeline::commit() {
  assert_serial();
  if (!needs_log() && deps_.output.empty()) {
    apply_facts();
  } else {
    stage_.encode_facts();
  }
}

// For an ephemeral domain: evolves the applied events in order, then broadcasts everything.
void Pipeline::apply_facts() {
  const std::size_t n = stage_.facts();
  if (n == 0) return;
  broadcast_produced();
  Cause& cause = *current_->scope->cause;
  composable_context& context = *current_->context;  // decide has no more use for it
  context.flags = 0;
  context.position = 0;
  context.random[0] = context.random[1] = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const StagedFact& fact = stage_.fact(i);
    if (!fact.evolves) continue;
    if (domain().evolve(fact.view(), context, error_) < 0) {
      current_->failed = true;
      return deps_.owner.halt(0, error_);
    }
    deps_.cells.add_applied(fact.action.type);
  }
  for (std::size_t i = 0; i < n; ++i) {
    deps_.observers.notify(domain(), {stage_.fact(i).view(), {}, 0}, cause);
  }
  deps_.observers.flush();
  for (std::size_t i = 0; i < n; ++i) reply_if_awaited({stage_.fact(i).view(), {}, 0}, cause);
}

// Evolves the events of a request from the bytes that will be stored, as every replay will: what
// the domain cannot evolve is never stored. False: error_ says why, and the state, which may have
// moved half way, is going to be rebuilt.
bool Pipeline::evolve(const composable_action& command, const FlightRequest& request) {
  ReducerContext context(request.recorded_at_us, request.meta.actor, request.meta.correlation);
  for (std::size_t s = 0; s < request.streams.size(); ++s) {
    const StreamAppend& stream = request.streams[s];
    std::uint64_t version = stream.exact_version;
    for (std::size_t e = 0; e < stream.events.size(); ++e) {
      const NewEvent& event = stream.events[e];
      context.at(stream.stream, ++version);
      if (domain().evolve(
              {request.types[s][e], COMPOSABLE_FORM_JSON, event.data.data(), event.data.size()},
              context.abi(), error_) >= 0) {
        continue;
      }
      log_error(domain_, "evolve_failed",
                {{"generation", domain().version()},
                 {"command", domain().actions()[command.type].name},
                 {"event", event.type},
                 {"reason", error_.message}});
      deps_.recovery.request_rebuild_after(
          command.type, absl::StrFormat("%s could not be evolved: %s", event.type, error_.message));
      return false;
    }
  }
  for (std::size_t s = 0; s < request.streams.size(); ++s) {
    for (const std::uint32_t type : request.types[s]) deps_.cells.add_applied(type);
    deps_.serving.streams.set_version(
        request.keys[s], request.streams[s].exact_version + request.streams[s].events.size());
  }
  return true;
}

}  // namespace composable::host
