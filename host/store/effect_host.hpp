// An EffectHost is all that jobs, delays, loads and topics know of the pipeline: they hand it
// results and failures, and release counts. A retry, a circuit breaker or a dead-letter queue can
// decorate it: the decorator sees a failure before the failure ends a cause. [serial]
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "store/cause.hpp"
#include "store/serial_role.hpp"

namespace composable::host {

class EffectHost {
 public:
  virtual ~EffectHost() = default;

  // Begins a cause without a waiter. It settles when its counts are released.
  virtual Cause& begin(EventMeta meta) STORE_SERIAL = 0;
  // Queues the action to be decided as a part of the scope's cause; `data` is its wire JSON. Holds
  // a count of the scope meanwhile.
  virtual void feed_back(std::uint32_t type, std::string data, Scope& scope) STORE_SERIAL = 0;
  // The effect failed: counts and logs it, and ends a wait of the cause with 500.
  virtual void fail(Scope& scope, StagedEffect::Kind kind, std::string_view effect,
                    std::string_view reason) STORE_SERIAL = 0;
  // Ends a wait of the cause with `refusal`, through no fault of the effect.
  virtual void refuse(Scope& scope, const Refusal& refusal) STORE_SERIAL = 0;
  // Releases one count of the scope.
  virtual void release(Scope& scope) STORE_SERIAL = 0;
};

}  // namespace composable::host
