// A PlainTransport is a transport without encryption: a TCP or Unix socket.
#pragma once
#include <boost/smart_ptr/local_shared_ptr.hpp>

#include "net/asio.hpp"
#include "net/transport.hpp"

namespace composable::host {

class PlainTransport final : public Transport {
 public:
  // Takes a connected socket of that family; TCP sends without delay.
  PlainTransport(StreamSocket socket, int family);
  ~PlainTransport() override;

  void set_listener(TransportListener& listener) override;
  IoResult read_some(std::span<char> into) override;
  void read_when_ready(std::span<char> into) override;
  IoResult write_some(std::span<const iovec> pieces) override;
  void when_writable() override;
  void shut_down_sending() override;
  void close() override;

 private:
  // Shared with the operations that are pending, which end after a close.
  struct Connection {
    StreamSocket socket;
    TransportListener* listener = nullptr;  // null: closed
  };
  boost::local_shared_ptr<Connection> connection_;
};

}  // namespace composable::host
