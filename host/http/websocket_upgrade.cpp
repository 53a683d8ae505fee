#include "http/websocket_upgrade.hpp"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

bool is_base64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

// 16 octets in base64: 22 characters and two signs of padding.
bool is_key(std::string_view key) {
  return key.size() == 24 && key.ends_with("==") &&
         std::all_of(key.begin(), key.end() - 2, is_base64);
}

Refusal to_websocket(std::string message, ResponseWriter& response) {
  response.host_header("Upgrade", "websocket");
  response.host_header("Connection", "Upgrade");
  response.host_header("Sec-WebSocket-Version", "13");
  return upgrade_required(std::move(message));
}

}  // namespace

std::optional<Refusal> read_upgrade(const RequestView& request, UpgradeRequest& upgrade,
                                    ResponseWriter& response) {
  if (request.method() != Method::kGet) {
    response.host_header("Allow", "GET");
    return method_not_allowed(
        absl::StrFormat("%s: a WebSocket is opened with GET", request.method_text()));
  }
  if (!request.http_1_1() || !request.header_has_token("upgrade", "websocket") ||
      !request.header_has_token("connection", "upgrade")) {
    return to_websocket(
        "WebSocket: this path needs HTTP/1.1 with Upgrade: websocket and Connection: Upgrade",
        response);
  }
  const auto version = request.header("sec-websocket-version");
  if (version != "13") {
    return to_websocket(absl::StrFormat("Sec-WebSocket-Version: \"%s\" is not supported; use "
                                        "13",
                                        version.value_or("")),
                        response);
  }
  const auto key = request.header("sec-websocket-key");
  if (!key || !is_key(*key) || request.header_lines("sec-websocket-key") != 1) {
    return bad_request("Sec-WebSocket-Key: it must be one header with 16 octets in base64");
  }
  if (request.body_kind() != BodyKind::kNone) {
    return bad_request("WebSocket: an opening handshake has no body");
  }
  upgrade.key = *key;
  if (request.header_has_token("sec-websocket-protocol", kWebsocketSubprotocol)) {
    upgrade.subprotocol = kWebsocketSubprotocol;
  }
  return std::nullopt;
}

}  // namespace composable::host
