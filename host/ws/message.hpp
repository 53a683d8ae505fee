// read_message parses a client's WebSocket message: one JSON object per text frame, whose `type`
// decides. It is strict: unknown and repeated keys are errors that name the key. Payloads are not
// examined. SocketProtocol calls it, on its loop.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/refusal.hpp"

namespace composable::host {

inline constexpr std::size_t kMaxMessageId = 128;       // bytes, as sent
inline constexpr std::size_t kMaxFilterNames = 64;      // per list
inline constexpr std::size_t kMaxIdempotencyKey = 255;  // visible ASCII

// {"type":"command","action":{"PlaceOrder":{…}},"domain":"orders","id":"1"}
struct CommandMessage {
  std::string action;        // the name: the only key
  std::string_view payload;  // its value, well-formed JSON; points into the message
  std::string domain;        // empty: not given
  bool idempotency_key = false;
};

// {"type":"subscribe","domains":["orders"],"actions":["OrderPlaced"],"streams":["order-…"]}
struct SubscribeMessage {
  std::optional<std::vector<std::string>> domains, actions, streams;
};

struct UnsubscribeMessage {};
struct PingMessage {};
struct PongMessage {};

// A message that was read, or why it was refused; `id` is known in both cases when it was good.
struct ClientMessage {
  std::string_view id;  // as sent, a JSON string or integer; empty: none. Points into the message
  std::variant<CommandMessage, SubscribeMessage, UnsubscribeMessage, PingMessage, PongMessage,
               Refusal>
      body;
};

ClientMessage read_message(std::string_view text);

// The refusal of what the protocol describes and this host does not implement: its code is
// UNSUPPORTED, as docs/websocket.md says, not that of the status.
Refusal unsupported(std::string message, std::string path);

// At most 64 bytes of what a client sent, for an error's text.
std::string excerpt(std::string_view text);

}  // namespace composable::host
