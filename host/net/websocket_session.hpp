// A WebsocketSession is one WebSocket: it moves bytes between its transport, the frame reader, the
// protocol and the loop's fan-out, and times its pings and its close. It is kept small, since
// there are thousands. It lives on its hub's loop.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "fanout/fan_out.hpp"
#include "net/transport.hpp"
#include "ws/frame_codec.hpp"
#include "ws/socket_protocol.hpp"

namespace composable::host {

class WebsocketHub;
struct WebsocketOpening;

class WebsocketSession final : public FanOutSink, public TransportListener {
 public:
  WebsocketSession(WebsocketHub& hub, std::unique_ptr<Transport> transport,
                   const WebsocketOpening& opening, std::uint64_t number);

  // Answers the upgrade, handles the bytes that came with it, and keeps reading.
  void start(WebsocketOpening opening);
  // Sends a close frame behind all that is queued; the socket goes when the peer has answered, or
  // after the close timeout.
  void close(std::uint16_t code, std::string_view reason);
  void sweep(std::int64_t now_us);

  FanOut::Handle queue() const { return queue_; }
  const std::string& remote_address() const { return remote_address_; }

  std::ptrdiff_t send(std::span<const iovec> pieces) override;
  void finished() override;

 private:
  void on_read(IoResult result) override;
  void on_writable() override;
  void read_burst();
  void consume(std::span<char> input);
  void peer_closes(std::uint16_t code);
  void begin_closing();
  void gone();

  WebsocketHub& hub_;
  const std::unique_ptr<Transport> transport_;
  const std::uint64_t number_;
  const FanOut::Handle queue_;
  FrameReader reader_;
  SocketProtocol protocol_;
  std::string remote_address_;
  std::int64_t ping_due_us_;
  std::int64_t close_by_us_ = 0;
  std::uint8_t unanswered_ = 0;  // pings
  bool closing_ = false;         // our last frame is queued
  bool close_sent_ = false;      // and is out
  bool peer_closed_ = false;     // the peer's close frame was read
  bool gone_ = false;
  std::array<char, 256> first_bytes_;  // enough for a quiet socket; more goes to the hub's buffer
};

}  // namespace composable::host
