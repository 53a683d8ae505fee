// A WebsocketFraming makes each message one unfragmented text frame of RFC 6455.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fanout/framing.hpp"

namespace composable::host {

class WebsocketFraming final : public Framing {
 public:
  static const WebsocketFraming& instance();

  std::size_t overhead() const override;
  std::size_t write(char* to, std::string_view text) const override;
  void append_gap(std::string& out, std::string_view domain, std::uint64_t count) const override;
  // Appends a close frame with 1008.
  void append_overflow(std::string& out) const override;
};

}  // namespace composable::host
