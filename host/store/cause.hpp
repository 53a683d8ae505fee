// A Cause is one `send` with everything that follows from it. Counts tell when it has settled.
//
// Every action, append and job holds one count of its scope, and so does every delay inside a
// group. A group is a scope of its own that holds one count of its parent. When a scope's count
// falls to zero, its next step starts; without a next step, it releases its parent's count. When
// the count of the root falls to zero, the cause has settled.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "events/event.hpp"
#include "store/staged_effects.hpp"
#include "store/waiter.hpp"

namespace composable::host {

struct Cause;

struct Scope {
  Cause* cause = nullptr;
  Scope* parent = nullptr;  // null: the root, which is part of its cause
  std::uint32_t outstanding = 0;
  std::vector<StagedEffect> steps;  // sequential: what comes
  std::size_t next_step = 0;
};

struct Cause {
  static constexpr std::uint32_t kNoRoute = 0xffffffff;

  std::uint64_t id = 0;  // of this process
  EventMeta meta;        // meta.cause is made when something is stored
  std::uint64_t origin = 0;
  std::int64_t now_us = 0;  // for the first decide: Caller::now_us
  Scope root;
  std::uint64_t position = 0;  // of the last event it appended
  std::uint32_t hops = 0;      // topics that led to it, one after the other

  // The wait, until it ended: then `waiter` is null.
  Waiter* waiter = nullptr;
  std::uint32_t route = kNoRoute;  // whose outcomes end it well
  const Match* match = nullptr;    // or: any action that this accepts
  std::int64_t deadline = 0;       // steady microseconds
  Cause* earlier = nullptr;        // links of the deadline list
  Cause* later = nullptr;
  std::uint32_t timeout_ms = 0;
  bool decided = false;  // the wait's end is in the flight, or was sent

  std::uint32_t at_log = 0;  // requests of it that are not answered
  bool failed = false;       // a commit failed: nothing more of it is decided

  // The durable delay that this cause began with; its row goes with the first append.
  std::string fired_timer;
};

}  // namespace composable::host
