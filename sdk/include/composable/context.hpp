// A Context is all that decide and evolve may read besides the state and the action. It has no
// clock, no random source and no I/O: the same call gives the same result whenever it is repeated.
// The glue (and tests) make one for each call; do not keep it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "composable/abi/context.h"
#include "composable/values.hpp"

namespace composable {

class Context {
 public:
  explicit Context(const composable_context& context) : context_(context) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // When the host recorded this: the same in decide, in the evolves of what it made, and in replay.
  Timestamp recorded_at() const { return {context_.recorded_at_us}; }
  // In evolve: the event's version in its stream, from 1; in decide 0.
  std::uint64_t version() const { return context_.version; }
  // In decide: the position of the domain's last durable event. It repeats between commits and
  // identifies nothing. In evolve 0: an event is evolved before it has a position.
  std::uint64_t position() const { return context_.position; }
  // In evolve: the event's stream; in decide, and of an ephemeral domain, empty.
  std::string_view stream() const { return {context_.stream.ptr, context_.stream.len}; }
  // The user that caused this; empty: unknown.
  std::string_view actor() const { return {context_.actor.ptr, context_.actor.len}; }
  // The label of the request, 8-4-4-4-12 in lower case, or empty: for people who search a log.
  std::string_view correlation_id() const {
    return {context_.correlation_id.ptr, context_.correlation_id.len};
  }
  // In evolve: the state is being rebuilt from the log. The state must come out the same.
  bool replaying() const { return (context_.flags & COMPOSABLE_CONTEXT_REPLAYING) != 0; }

  // In decide: 64 random bits, others at every call; not for secrets.
  std::uint64_t random() const;
  // In decide: a fresh UUIDv7 of recorded_at, 8-4-4-4-12 in lower case.
  std::string uuid7() const;

 private:
  const composable_context& context_;
  mutable std::uint64_t draws_ = 0;
};

}  // namespace composable
