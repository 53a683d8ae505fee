// What the log keeps: one event, and what is known about how it came to be.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/uuid.hpp"

namespace composable::host {

// Carried by value from the request that caused it through all its effects.
struct EventMeta {
  Uuid correlation;         // nil: none
  Uuid cause;               // the send that it follows from
  std::string actor;        // empty: nobody known
  std::string traceparent;  // W3C; empty: none
};

struct StoredEvent {
  std::uint64_t position = 0;  // 1.., gapless over the whole log, in commit order
  std::uint64_t version = 0;   // 1.., gapless in its stream
  std::string stream;
  Uuid id;
  std::string type;  // the action type's name
  std::int64_t recorded_at_us = 0;
  EventMeta meta;
  std::string data;  // the payload's wire JSON, as written
};

struct NewEvent {
  Uuid id;  // caller-made, version 7: what an unknown outcome is resolved by
  std::string type;
  std::string data;
};

}  // namespace composable::host
