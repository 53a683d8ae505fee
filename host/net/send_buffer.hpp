// A SendBuffer holds what a session has to send and its connection has not taken yet. It knows
// since when nothing more was taken. [loop]
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "net/transport.hpp"

namespace composable::host {

class SendBuffer {
 public:
  explicit SendBuffer(std::int64_t write_ms) : write_ms_(write_ms) {}

  // To append to.
  std::string& bytes() { return bytes_; }
  std::size_t unsent() const { return bytes_.size() - sent_; }

  // Writes as much as the transport takes. When that is not all, on_writable() must be called
  // before the next attempt. False: the connection is broken. `now_ms` is monotonic.
  bool flush(Transport& transport, std::int64_t now_ms);
  void on_writable() { waits_ = false; }
  // Whether the connection has taken nothing for too long.
  bool is_stuck(std::int64_t now_ms) const { return waits_ && now_ms >= deadline_ms_; }

 private:
  void drop_sent();

  const std::int64_t write_ms_;
  std::string bytes_;
  std::size_t sent_ = 0;  // of bytes_
  bool waits_ = false;    // for the transport to be writable
  std::int64_t deadline_ms_ = 0;
};

}  // namespace composable::host
