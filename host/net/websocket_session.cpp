#include "net/websocket_session.hpp"

#include <sys/socket.h>

#include <cerrno>
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
      websocket_accept_key(opening.accept_key));
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

WebsocketSession::WebsocketSession(WebsocketHub& hub, tcp::socket socket,
                                   const WebsocketOpening& opening, std::uint64_t number)
    : hub_(hub),
      socket_(std::move(socket)),
      number_(number),
      queue_(hub.fan_out_.open(*this,
                               DeliveryFilter::everything(opening.domain, hub.fan_out_.names()))),
      reader_(hub.options_.message_bytes),
      protocol_(hub.context_, number, queue_, opening.actor, opening.domain),
      remote_address_(opening.remote_address),
      ping_due_us_(hub.clock_.steady_micros() + hub.options_.ping_interval_us) {}

void WebsocketSession::start(WebsocketOpening opening) {
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  hub_.fan_out_.reply(queue_, upgrade_answer(opening));
  consume({opening.leftover.data(), opening.leftover.size()});
  hub_.fan_out_.flush(queue_);
  if (!gone_) read();
}

void WebsocketSession::read() {
  socket_.async_read_some(asio::buffer(first_bytes_),
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            self->heard(error, size);
                          });
}

void WebsocketSession::heard(const error_code& error, std::size_t size) {
  if (gone_) return;
  if (error) return gone();
  consume({first_bytes_.data(), size});
  if (size == first_bytes_.size()) read_burst();
  hub_.fan_out_.flush(queue_);
  hub_.keep_sending();
  if (!gone_) read();
}

// What else is there already, in big strides, so that a busy socket's frames are dealt with, and
// their answers sent, together. The end of the stream is left for read() to find.
void WebsocketSession::read_burst() {
  auto& buffer = hub_.read_buffer_;
  for (int i = 0; i < kMaxBursts; ++i) {
    const ssize_t size = recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size <= 0) return;
    consume({buffer.data(), static_cast<std::size_t>(size)});
    if (static_cast<std::size_t>(size) < buffer.size()) return;
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
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
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
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  const ssize_t sent = sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    gone();
    return kBroken;
  }
  const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  if (taken < total(pieces)) {
    socket_.async_wait(tcp::socket::wait_write,
                       [self = shared_from_this()](const error_code& error) {
                         if (error || self->gone_) return;
                         self->hub_.fan_out_.writable(self->queue_);
                         self->hub_.keep_sending();
                       });
  }
  return static_cast<std::ptrdiff_t>(taken);
}

void WebsocketSession::gone() {
  if (std::exchange(gone_, true)) return;
  error_code ignored;
  socket_.close(ignored);
  hub_.retire(number_);
}

}  // namespace composable::host
