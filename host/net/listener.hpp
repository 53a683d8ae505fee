// A Listener accepts connections from one listening socket; the functions below make such sockets.
// [loop], except those functions.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/asio.hpp"
#include "net/loop.hpp"
#include "runtime/unique_fd.hpp"

namespace composable::host {

struct ListenAddress {
  std::string host;        // an address: 127.0.0.1, ::1, 0.0.0.0
  std::uint16_t port = 0;  // 0: any free one

  bool is_loopback() const;
  std::string text() const;  // 127.0.0.1:3000, [::1]:3000
};

// [any] Checks that no other process listens there; the error says what is wrong. SO_REUSEPORT
// alone would let a second host share the port silently.
absl::Status check_free(const ListenAddress& address);
// [any] A listening TCP socket that others of this process can share.
absl::StatusOr<UniqueFd> listen_tcp(const ListenAddress& address);
// [any] A listening Unix socket of mode 0600. A file left by a dead process is replaced; a live one
// is refused.
absl::StatusOr<UniqueFd> listen_unix(const std::string& path);
// [any]
absl::StatusOr<std::uint16_t> bound_port(const UniqueFd& socket);

// Accepts from one socket for as long as it is open.
class Listener {
 public:
  using Accepted = std::function<void(StreamSocket, const StreamProtocol::endpoint& peer)>;
  // `out_of_descriptors` is called once per shortage.
  Listener(Loop& loop, UniqueFd socket, int family, Accepted accepted,
           std::function<void()> out_of_descriptors);

  void start() { accept(); }
  void close();

 private:
  void accept();
  void on_accept(error_code ec, StreamSocket socket);
  void shed();

  Loop& loop_;
  StreamAcceptor acceptor_;
  Accepted accepted_;
  std::function<void()> out_of_descriptors_;
  StreamProtocol::endpoint peer_;
  asio::steady_timer pause_;
  UniqueFd reserve_;  // closed for a moment to reject a connection
  bool short_ = false;
};

}  // namespace composable::host
