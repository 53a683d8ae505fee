// A ReducerContext fills the context that a reducer sees, in one place, so that evolve and every
// replay show the same for the same event. An event is evolved before it has a position, so the
// context has none. Any thread; the views live as long as what they were made from.
#pragma once
#include <cstdint>
#include <string_view>

#include "composable/abi/context.h"
#include "domain/domain_handle.hpp"
#include "events/event_store.hpp"

namespace composable::host {

class ReducerContext {
 public:
  ReducerContext(std::int64_t recorded_at_us, std::string_view actor, const Uuid& correlation) {
    context_.struct_size = sizeof context_;
    context_.recorded_at_us = recorded_at_us;
    context_.actor = abi_str(actor);
    if (correlation.is_nil()) return;
    correlation.write(correlation_);
    context_.correlation_id = {correlation_, sizeof correlation_};
  }
  // Of one stored event; `flags` is COMPOSABLE_CONTEXT_REPLAYING or 0.
  ReducerContext(const EventStore::EventView& event, std::uint32_t flags)
      : ReducerContext(event.recorded_at_us, event.actor, event.correlation) {
    context_.flags = flags;
    at(event.stream, event.version);
  }
  ReducerContext(const ReducerContext&) = delete;
  ReducerContext& operator=(const ReducerContext&) = delete;

  void at(std::string_view stream, std::uint64_t version) {
    context_.stream = abi_str(stream);
    context_.version = version;
  }
  composable_context& abi() { return context_; }

 private:
  composable_context context_{};
  char correlation_[36];
};

}  // namespace composable::host
