// The events that the log keeps, and what is known about their origin.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/uuid.hpp"

namespace composable::host {

// The origin of an event: copied from the request through all its effects.
struct EventMeta {
  Uuid correlation;         // nil: none
  Uuid cause;               // the send that it follows from
  std::string actor;        // empty: unknown
  std::string traceparent;  // W3C; empty: none
};

// The audience of an event when it was stored; its declaration may change later. The numbers are in
// the log. A newer host may have written greater ones: this host shows such events to no reader.
enum class Audience : std::uint8_t {
  kUnknown = 0,  // none given, or stored before audiences were kept: as declared today
  kPrivate = 1,
  kPublic = 2,
  kUser = 3,  // the event's `user`
};

struct StoredEvent {
  std::uint64_t position = 0;  // 1.., gapless over the whole log, in commit order
  std::uint64_t version = 0;   // 1.., gapless in its stream
  std::string domain;          // that the stream belongs to
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
  Uuid id;  // made by the caller, version 7: resolves unknown outcomes
  std::string type;
  std::string data;
  Audience audience = Audience::kUnknown;
  std::string user;  // for Audience::kUser; empty: none
};

}  // namespace composable::host
