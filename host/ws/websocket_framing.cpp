#include "ws/websocket_framing.hpp"

#include <cstring>

#include "ws/frame_codec.hpp"
#include "ws/server_message.hpp"

namespace composable::host {

const WebsocketFraming& WebsocketFraming::instance() {
  static const WebsocketFraming kInstance;
  return kInstance;
}

std::size_t WebsocketFraming::overhead() const { return kMaxServerHeader; }

std::size_t WebsocketFraming::write(char* to, std::string_view text) const {
  const std::size_t header = write_frame_header(to, Opcode::kText, text.size());
  std::memcpy(to + header, text.data(), text.size());
  return header + text.size();
}

void WebsocketFraming::append_gap(std::string& out, std::string_view domain,
                                  std::uint64_t count) const {
  std::string message;
  append_gap_message(message, domain, count);
  append_frame(out, Opcode::kText, message);
}

void WebsocketFraming::append_overflow(std::string& out) const {
  append_close_frame(out, kClosePolicy, "too many unread replies");
}

}  // namespace composable::host
