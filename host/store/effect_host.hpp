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

  // Begins a cause that no caller waits for. It settles when its counts are given back.
  virtual Cause& begin(EventMeta meta) STORE_SERIAL = 0;
  // Has the action decided soon, as a part of the scope's cause; `data` is its wire JSON. Takes a
  // count of the scope for as long as that needs.
  virtual void feed_back(std::uint32_t type, std::string data, Scope& scope) STORE_SERIAL = 0;
  // The effect failed: it is counted and logged, and the cause ends with 500 where somebody waits.
  virtual void fail(Scope& scope, StagedEffect::Kind kind, std::string_view effect,
                    std::string_view reason) STORE_SERIAL = 0;
  // The cause ends so where somebody waits, through no fault of the effect.
  virtual void refuse(Scope& scope, const Refusal& refusal) STORE_SERIAL = 0;
  // Gives one count of the scope back.
  virtual void release(Scope& scope) STORE_SERIAL = 0;
};

}  // namespace composable::host
