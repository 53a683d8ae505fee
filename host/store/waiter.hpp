// The callers of a store: what it knows of them, and the interfaces through which it answers them.
#pragma once
#include <cstdint>
#include <functional>
#include <string_view>

#include "composable/abi/routes.h"
#include "runtime/refusal.hpp"
#include "runtime/uuid.hpp"

namespace composable::host {

// A Caller names the user that acts and labels what follows. Views: copied where they must last.
struct Caller {
  std::string_view actor;    // from the host, never from a body; empty: unknown
  Uuid correlation;          // a label; never used to match
  std::uint64_t origin = 0;  // the socket that sent it, unique in this process; 0: none
  std::int64_t now_us = 0;   // Unix time, when the caller has just read the clock; 0: read it
};

// An action that somebody waits for, by its type and its JSON.
using Match = std::function<bool(std::string_view type, std::string_view data)>;

struct Outcome {
  enum class Kind : std::uint8_t {
    kMatched,  // `action` is one of the outcomes waited for
    kSettled,  // all that followed has ended without one
    kRefused,  // a rejection, an error, a timeout: `refusal`
  };
  Kind kind = Kind::kSettled;
  const composable_action* action = nullptr;  // kMatched, and kRefused by a rejection
  std::uint64_t position = 0;                 // of the last event the cause appended, 0 when none
  const Refusal* refusal = nullptr;           // kRefused
};

// A Waiter is called exactly once when its wait ends, on a loop thread inside the domain's serial
// section, maybe before the call that named it returns. By then everything that the domain had
// decided up to this outcome is durable. What the outcome points to lives for the call. Must not
// call back into the store.
class Waiter {
 public:
  virtual ~Waiter() = default;
  // Announces how the wait is going to end. The state is the one that the outcome describes, and
  // may be ahead of the log. What is rendered from it must not be sent before ended(), which may
  // still report another end: a deadline, or a failed log.
  virtual void render(const Outcome&) noexcept {}
  // Whether render() reads the state when the cause has settled.
  virtual bool reads_state() const noexcept { return false; }
  virtual void ended(const Outcome& outcome) noexcept = 0;
};

// A RouteReply receives the answer of one route call. The store fills response() and then calls
// finish(), or calls refuse() alone; exactly one of the two, once, on any loop thread, maybe before
// the call returns. Until then request and reply must stay where they are.
class RouteReply {
 public:
  virtual ~RouteReply() = default;
  // Begins an answer and discards what was written before.
  virtual composable_response& response() noexcept = 0;
  // What the host refused to write into response(), for the log; empty: nothing.
  virtual std::string_view response_fault() const noexcept { return {}; }
  // The answer was rendered from a state that includes the domain's events of log `epoch` up to
  // `position`, and no later one. Called at most once, right before the end; not for an ephemeral
  // domain.
  virtual void rests_on(const Uuid& /*epoch*/, std::uint64_t /*position*/) noexcept {}
  virtual void finish() noexcept = 0;
  virtual void refuse(const Refusal& refusal) noexcept = 0;
};

}  // namespace composable::host
