// A FanOutTest has a fan-out over a small log, a clock that ticks, and sockets without a kernel.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fanout/fan_out.hpp"
#include "ws/frame_codec.hpp"
#include "ws/frames.hpp"
#include "ws/websocket_framing.hpp"

namespace composable::host {

// A socket without a kernel: takes `room` bytes, then none.
class FakeSink final : public FanOutSink {
 public:
  std::size_t room = ~std::size_t{0};
  bool broken = false;
  bool blocked = false;
  bool done = false;
  std::string bytes;

  std::ptrdiff_t send(std::span<const iovec> pieces) override {
    EXPECT_FALSE(blocked) << "sent to although blocked";
    EXPECT_FALSE(done) << "sent to after the last frame";
    if (broken) return kBroken;
    std::ptrdiff_t taken = 0;
    for (const iovec& piece : pieces) {
      const std::size_t size = std::min(room, piece.iov_len);
      bytes.append(static_cast<const char*>(piece.iov_base), size);
      taken += static_cast<std::ptrdiff_t>(size);
      room -= size;
      blocked |= size < piece.iov_len;
      if (blocked) break;
    }
    return taken;
  }
  void finished() override { done = true; }

  std::vector<std::string> texts() {
    std::vector<std::string> texts;
    const auto frames = testing::take_server_frames(bytes);
    if (!frames) return {"not frames"};
    for (const auto& frame : *frames) {
      texts.push_back(frame.opcode == 1
                          ? frame.payload
                          : "opcode " + std::to_string(frame.opcode) +
                                (frame.opcode == 8 ? " " + frame.payload.substr(2) : ""));
    }
    return texts;
  }
};

using Texts = std::vector<std::string>;

// Each look at it takes ten microseconds, and each send does not.
class TickingClock final : public Clock {
 public:
  std::int64_t unix_micros() override { return now += 10; }
  std::int64_t steady_micros() override { return now += 10; }
  std::int64_t now = 1'000'000;
};

inline constexpr std::int64_t kAll = 1'000'000'000;  // as long as a slice takes

inline std::string framed(std::string_view text) {
  std::string frame;
  append_frame(frame, Opcode::kText, text);
  return frame;
}

class FanOutTest : public ::testing::Test {
 protected:
  EventKey key(std::string_view action = "A", std::string_view domain = "d") {
    return {fan_out_.names().number(domain), fan_out_.names().number(action), 0};
  }
  DeliveryFilter::Pointer only(std::string_view domain) {
    return DeliveryFilter::everything(domain, fan_out_.names());
  }
  void append(std::string_view text, std::string_view domain = "d") {
    fan_out_.append(text, key("A", domain), clock_.now);
  }
  void run() {
    while (fan_out_.run(clock_, kAll)) {
    }
  }
  void unblock(FanOut::Handle socket, FakeSink& sink, std::size_t room) {
    sink.room = room;
    sink.blocked = false;
    fan_out_.writable(socket);
    run();
  }

  TickingClock clock_;
  FanOut fan_out_{FramedLog::create(4096, WebsocketFraming::instance()).value(),
                  FanOutOptions{.unsent_bytes = 4000}};
  FakeSink one_, two_;
};

}  // namespace composable::host
