#include "net/websocket_session.hpp"

#include <utility>

#include "absl/strings/str_format.h"
#include "net/websocket_hub.hpp"
#include "ws/handshake.hpp"

namespace composable::host {
namespace {

constexpr int kMaxBursts = 4;  // full reads in a row before the loop gets its turn
constexpr std::uint8_t kMaxUnanswered = 2;

std::string upgrade_answer(const WebsocketOpening& opening) {
  std::string head = absl::StrFormat(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: %s\r\n",
      websocket_accept_key(opening.client_key));
  if (!opening.subprotocol.empty()) {
    head += absl::StrFormat("Sec-WebSocket-Protocol: %s\r\n", opening.subprotocol);
  }
  if (!opening.correlation_id.empty()) {
    head += absl::StrFormat("X-Correlation-ID: %s\r\n", opening.correlation_id);
  }
  return head + "\r\n";
}

std::size_t total(std::span<const iovec> pieces) {
  std::size_t size = 0;
  for (const iovec& piece : pieces) size += piece.iov_len;
  return size;
}

}  // namespace

WebsocketSession::WebsocketSession(WebsocketHub& hub, std::unique_ptr<Transport> transport,
                                   const WebsocketOpening& opening, std::uint64_t number)
    : hub_(hub),
      transport_(std::move(transport)),
      number_(number),
      queue_(hub.fan_out_.open(*this,
                               DeliveryFilter::everything(opening.domain, hub.fan_out_.names()))),
      reader_(hub.options_.message_bytes),
      protocol_(hub.context_, number, queue_, /*actor=*/{}, opening.domain),
      remote_address_(opening.remote_address),
      ping_due_us_(hub.clock_.steady_micros() + hub.options_.ping_interval_us) {}

void WebsocketSession::start(WebsocketOpening opening) {
  transport_->set_listener(*this);
  hub_.fan_out_.reply(queue_, upgrade_answer(opening));
  consume({opening.leftover.data(), opening.leftover.size()});
  hub_.fan_out_.flush(queue_);
  if (!gone_) transport_->read_when_ready(first_bytes_);
}

void WebsocketSession::on_read(IoResult result) {
  if (result.status != IoResult::Status::kDone) return gone();
  consume({first_bytes_.data(), result.bytes});
  if (result.bytes == first_bytes_.size()) read_burst();
  hub_.fan_out_.flush(queue_);
  hub_.keep_sending();
  if (!gone_) transport_->read_when_ready(first_bytes_);
}

// What else is there already, in big strides, so that a busy socket's frames are dealt with, and
// their answers sent, together. The end of the stream is left for on_read() to find.
void WebsocketSession::read_burst() {
  auto& buffer = hub_.read_buffer_;
  for (int i = 0; i < kMaxBursts; ++i) {
    if (gone_) return;
    const IoResult result = transport_->read_some(buffer);
    if (result.status != IoResult::Status::kDone) return;
    consume({buffer.data(), result.bytes});
    if (result.bytes < buffer.size()) return;
  }
}

void WebsocketSession::consume(std::span<char> input) {
  for (;;) {
    switch (reader_.next(input)) {
      case FrameReader::Event::kMore:
        return;
      case FrameReader::Event::kText:
        ++hub_.messages_in_;
        if (!closing_) protocol_.on_message(reader_.payload());
        break;
      case FrameReader::Event::kPing: {
        std::string pong;
        append_frame(pong, Opcode::kPong, reader_.payload());
        hub_.fan_out_.push_urgent(queue_, pong);
        break;
      }
      case FrameReader::Event::kPong:
        unanswered_ = 0;
        break;
      case FrameReader::Event::kClose:
        peer_closes(reader_.close_code());
        break;
      case FrameReader::Event::kFault:
        close(reader_.close_code(), reader_.payload());
        break;
    }
  }
}

void WebsocketSession::peer_closes(std::uint16_t code) {
  peer_closed_ = true;
  if (close_sent_) return gone();
  close(code, {});
}

void WebsocketSession::close(std::uint16_t code, std::string_view reason) {
  if (closing_) return;
  begin_closing();
  std::string frame;
  append_close_frame(frame, code, reason);
  hub_.fan_out_.finish(queue_, frame);
}

void WebsocketSession::begin_closing() {
  closing_ = true;
  close_by_us_ = hub_.clock_.steady_micros() + hub_.options_.close_timeout_us;
}

// The close frame is out. Closing now with unread bytes in the kernel would make it send a reset,
// which can destroy the frame on its way: so only our half is shut until the peer is done.
void WebsocketSession::finished() {
  close_sent_ = true;
  if (peer_closed_) return gone();
  if (!closing_) begin_closing();
  transport_->shut_down_sending();
}

void WebsocketSession::sweep(std::int64_t now_us) {
  if (gone_) return;
  if (closing_) {
    if (now_us >= close_by_us_) gone();
    return;
  }
  if (now_us < ping_due_us_) return;
  if (unanswered_ >= kMaxUnanswered) return close(kClosePolicy, "two pings not answered");
  ++unanswered_;
  ping_due_us_ = now_us + hub_.options_.ping_interval_us;
  std::string ping;
  append_frame(ping, Opcode::kPing, {});
  hub_.fan_out_.push_urgent(queue_, ping);
}

std::ptrdiff_t WebsocketSession::send(std::span<const iovec> pieces) {
  if (gone_) return kBroken;
  const IoResult result = transport_->write_some(pieces);
  if (result.status == IoResult::Status::kBroken) {
    gone();
    return kBroken;
  }
  if (result.bytes < total(pieces)) transport_->when_writable();
  return static_cast<std::ptrdiff_t>(result.bytes);
}

void WebsocketSession::on_writable() {
  hub_.fan_out_.writable(queue_);
  hub_.keep_sending();
}

void WebsocketSession::gone() {
  if (std::exchange(gone_, true)) return;
  transport_->close();
  hub_.retire(number_);
}

}  // namespace composable::host
