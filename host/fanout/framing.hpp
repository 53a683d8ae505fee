// A Framing lays messages out on the wire: as WebSocket frames, as server-sent events. The fan-out
// calls it once per message and loop, whatever the number of readers. Stateless; any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace composable::host {

class Framing {
 public:
  virtual ~Framing() = default;

  // The most bytes that write() adds to a text.
  virtual std::size_t overhead() const = 0;
  // Writes one framed message to `to`, which has room for the text and overhead(). Returns its
  // size.
  virtual std::size_t write(char* to, std::string_view text) const = 0;

  // Appends the message that a reader missed `count` events of `domain`.
  virtual void append_gap(std::string& out, std::string_view domain, std::uint64_t count) const = 0;
  // Appends the last bytes for a reader that left too much unread.
  virtual void append_overflow(std::string& out) const = 0;
};

}  // namespace composable::host
