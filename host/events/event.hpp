// The events that the log keeps, and what is known about their origin.
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

// Whom an event was for when it was stored; what it is declared as may change later. The numbers
// are in the log, and a newer host may have written greater ones: those are for nobody here.
enum class Audience : std::uint8_t {
  kUnknown = 0,  // not told, or stored before it was kept: as declared today
  kPrivate = 1,
  kPublic = 2,
  kUser = 3,  // the event's `user`
};

struct StoredEvent {
  std::uint64_t position = 0;  // 1.., gapless over the whole log, in commit order
  std::uint64_t version = 0;   // 1.., gapless in its stream
  std::string domain;          // the stream is this domain's; another may have one of its name
  std::string stream;
  Uuid id;
  std::string type;  // the action type's name
  std::int64_t recorded_at_us = 0;
  EventMeta meta;
  std::string data;  // the payload's wire JSON, as written
  Audience audience = Audience::kUnknown;
  std::string user;  // empty: none
};

struct NewEvent {
  Uuid id;  // caller-made, version 7: what an unknown outcome is resolved by
  std::string type;
  std::string data;
  Audience audience = Audience::kUnknown;
  std::string user;  // for Audience::kUser; empty: none
};

}  // namespace composable::host
