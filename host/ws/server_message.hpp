// These functions write the host's WebSocket messages: each appends one JSON object to `out`, with
// the fields of docs/websocket.md in that order. Any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/refusal.hpp"
#include "runtime/uuid.hpp"

namespace composable::host {

struct EventMessage {
  std::string_view action;
  std::string_view data;  // wire JSON
  std::string_view domain;
  std::uint64_t position = 0;  // 0: not stored
  std::string_view stream;     // empty: not stored
};

// `correlation` is for the socket that caused the event; null for all others.
void append_event_message(std::string& out, const EventMessage& event, const Uuid* correlation);

// `id` is raw JSON, as the client sent it. `epoch` nil and `position` 0 are left out.
void append_ack_message(std::string& out, std::string_view id, const Uuid& correlation,
                        const Uuid& epoch, std::uint64_t position);

struct ErrorMessage {
  const Refusal* refusal = nullptr;
  std::string_view id;              // raw JSON; empty: none
  std::string_view rejection;       // name of the rejection the command ended in; empty: none
  std::string_view rejection_data;  // its wire JSON
  const Uuid* correlation = nullptr;
};
void append_error_message(std::string& out, const ErrorMessage& error);

void append_gap_message(std::string& out, std::string_view domain, std::uint64_t skipped);

inline constexpr std::string_view kPongMessage = R"({"type":"pong"})";

}  // namespace composable::host
