#include "net/plain_transport.hpp"

#include <sys/socket.h>

#include <boost/smart_ptr/make_local_shared.hpp>
#include <cerrno>
#include <utility>

namespace composable::host {
namespace {

using Status = IoResult::Status;

IoResult failed() {
  const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {.status = later ? Status::kWouldBlock : Status::kBroken, .bytes = 0};
}

IoResult read_result(error_code ec, std::size_t n) {
  if (ec == asio::error::eof) return {.status = Status::kEnd, .bytes = 0};
  return {.status = ec ? Status::kBroken : Status::kDone, .bytes = n};
}

}  // namespace

PlainTransport::PlainTransport(StreamSocket socket, int family)
    : connection_(boost::make_local_shared<Connection>(Connection{std::move(socket), nullptr})) {
  error_code ec;
  connection_->socket.non_blocking(true, ec);
  if (family != AF_UNIX) connection_->socket.set_option(tcp::no_delay(true), ec);
}

PlainTransport::~PlainTransport() { close(); }

void PlainTransport::set_listener(TransportListener& listener) {
  connection_->listener = &listener;
}

IoResult PlainTransport::read_some(std::span<char> into) {
  const ssize_t n =
      ::recv(connection_->socket.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
  if (n < 0) return failed();
  return {.status = n == 0 ? Status::kEnd : Status::kDone, .bytes = static_cast<std::size_t>(n)};
}

void PlainTransport::read_when_ready(std::span<char> into) {
  connection_->socket.async_read_some(asio::buffer(into.data(), into.size()),
                                      [connection = connection_](error_code ec, std::size_t n) {
                                        if (connection->listener != nullptr)
                                          connection->listener->on_read(read_result(ec, n));
                                      });
}

IoResult PlainTransport::write_some(std::span<const iovec> pieces) {
  constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
  const int fd = connection_->socket.native_handle();
  ssize_t n;
  if (pieces.size() == 1) {
    n = ::send(fd, pieces[0].iov_base, pieces[0].iov_len, kFlags);
  } else {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    n = ::sendmsg(fd, &message, kFlags);
  }
  if (n < 0) return failed();
  return {.status = Status::kDone, .bytes = static_cast<std::size_t>(n)};
}

void PlainTransport::when_writable() {
  connection_->socket.async_wait(StreamSocket::wait_write, [connection = connection_](error_code) {
    // An error shows at the write.
    if (connection->listener == nullptr) return;
    connection->listener->on_writable();
  });
}

void PlainTransport::shut_down_sending() {
  error_code ec;
  connection_->socket.shutdown(StreamSocket::shutdown_send, ec);
}

void PlainTransport::close() {
  connection_->listener = nullptr;
  error_code ec;
  connection_->socket.close(ec);
}

}  // namespace composable::host
