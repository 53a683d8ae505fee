// What happened becomes state: here, and when the log is replayed, and nowhere else.
#include <utility>

#include "store/pipeline.hpp"
#include "store/reducer_context.hpp"

namespace composable::host {

// [serial, inside the plugin's decide]
void Store::Core::commit() {
  mailbox_.assert_inside();
  if (stage_.appends().empty()) {
    apply_facts();
  } else {
    stage_.encode_facts();
  }
}

// Evolves what was applied, in order, then tells of everything.
void Store::Core::apply_facts() {
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
    if (domain_->evolve(fact.view(), context, error_) < 0) {
      current_->failed = true;
      return halt(0, error_);
    }
    applied_[fact.action.type]->add_alone();
  }
  for (std::size_t i = 0; i < n; ++i) broadcast({stage_.fact(i).view(), {}, 0}, cause);
  flush_broadcasts();
  for (std::size_t i = 0; i < n; ++i) reply_if_awaited({stage_.fact(i).view(), {}, 0}, cause);
}

bool Store::Core::evolve_stored(Append& request) {
  ReducerContext context(request.recorded_at_us, request.meta.actor, request.meta.correlation);
  std::uint64_t position = request.result.first_position;
  for (std::size_t s = 0; s < request.streams.size(); ++s) {
    std::uint64_t version = request.result.first_versions[s];
    for (std::size_t e = 0; e < request.streams[s].events.size(); ++e, ++position, ++version) {
      if (position <= position_) continue;  // it was there when the state caught up
      const NewEvent& event = request.streams[s].events[e];
      const std::uint32_t type = request.types[s][e];
      context.at(request.streams[s].stream, version, position);
      if (domain_->evolve({type, COMPOSABLE_FORM_JSON, event.data.data(), event.data.size()},
                          context.abi(), error_) < 0) {
        halt(position, error_);
        return false;
      }
      applied_[type]->add_alone();
      position_ = position;
    }
  }
  shown_position_.store(position_, std::memory_order_relaxed);
  request.scope->cause->position = position - 1;
  return true;
}

}  // namespace composable::host
