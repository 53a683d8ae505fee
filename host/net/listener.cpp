#include "net/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "http/client_address.hpp"
#include "runtime/file_kind.hpp"

namespace composable::host {
namespace {

constexpr int kBacklog = 4096;
constexpr auto kPause = std::chrono::milliseconds(100);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

absl::Status failed(const std::string& where, std::string_view what, std::string_view advice) {
  return absl::UnavailableError(
      absl::StrFormat("%s: cannot %s: %s; %s", where, what, std::strerror(errno), advice));
}

constexpr std::string_view kOtherAddress = "choose another address";
constexpr std::string_view kCheckDirectory = "check the data directory and its rights";

std::string_view bind_advice() {
  if (errno == EACCES) return "choose a port from 1024 on, or give the host CAP_NET_BIND_SERVICE";
  if (errno == EADDRNOTAVAIL) return "choose an address of this machine";
  return kOtherAddress;
}

absl::StatusOr<SocketAddress> resolve(const ListenAddress& address) {
  const auto ip = IpAddress::parse(address.host);
  if (!ip) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: \"%s\" is no IP address; write it as 127.0.0.1 or [::1]",
                        address.text(), address.host));
  }
  SocketAddress out;
  if (ip->is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    std::memcpy(&v4->sin_addr, ip->bytes.data() + 12, 4);
    out.length = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    std::memcpy(&v6->sin6_addr, ip->bytes.data(), 16);
    out.length = sizeof *v6;
  }
  return out;
}

absl::StatusOr<UniqueFd> bind_tcp(const ListenAddress& address, bool shared) {
  const auto resolved = resolve(address);
  if (!resolved.ok()) return resolved.status();
  const int family = resolved->storage.ss_family;
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return failed(address.text(), "make a socket", kOtherAddress);
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (shared) setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (family == AF_INET6) setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(socket.get(), resolved->get(), resolved->length) == 0) return socket;
  if (errno == EADDRINUSE) {
    return absl::AlreadyExistsError(
        absl::StrFormat("%s: the port is in use by another process; stop it or choose another port",
                        address.text()));
  }
  return failed(address.text(), "bind", bind_advice());
}

absl::StatusOr<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: the path has %d bytes, a Unix socket's at most %d; choose a shorter --data-dir", path,
        path.size(), sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Whether a process accepts connections at that path.
bool is_live(const sockaddr_un& address) {
  UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return probe &&
         connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// A socket may be left by a host that crashed; any other file belongs to the user.
absl::Status check_replaceable(const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0 || S_ISSOCK(found.st_mode)) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrFormat(
      "%s: expected nothing or a socket, found %s; move it away or choose another --data-dir", path,
      file_kind(found.st_mode)));
}

}  // namespace

bool ListenAddress::is_loopback() const {
  const auto ip = IpAddress::parse(host);
  return ip && ip->is_loopback();
}

std::string ListenAddress::text() const {
  const bool v6 = host.find(':') != host.npos;
  return v6 ? absl::StrFormat("[%s]:%d", host, port) : absl::StrFormat("%s:%d", host, port);
}

absl::Status check_free(const ListenAddress& address) {
  if (address.port == 0) return absl::OkStatus();
  return bind_tcp(address, false).status();
}

absl::StatusOr<UniqueFd> listen_tcp(const ListenAddress& address) {
  auto socket = bind_tcp(address, true);
  if (socket.ok() && ::listen(socket->get(), kBacklog) != 0) {
    return failed(address.text(), "listen", kOtherAddress);
  }
  return socket;
}

// Bound under another name, then renamed: so the socket never is there with a wider mode, and a
// dead one is replaced in one step.
absl::StatusOr<UniqueFd> listen_unix(const std::string& path) {
  const auto final_address = unix_address(path);
  if (!final_address.ok()) return final_address.status();
  if (is_live(*final_address)) {
    return absl::AlreadyExistsError(absl::StrFormat(
        "%s: another host listens there; stop it or choose another --data-dir", path));
  }
  const std::string temporary = path + "~";
  for (const std::string& place : {path, temporary}) {
    if (absl::Status status = check_replaceable(place); !status.ok()) return status;
  }
  const auto address = unix_address(temporary);
  if (!address.ok()) return address.status();
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return failed(path, "make a socket", kCheckDirectory);
  unlink(temporary.c_str());
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return failed(path, "bind", kCheckDirectory);
  }
  if (chmod(temporary.c_str(), 0600) != 0) return failed(path, "set the mode", kCheckDirectory);
  if (::listen(socket.get(), kBacklog) != 0) return failed(path, "listen", kCheckDirectory);
  if (rename(temporary.c_str(), path.c_str()) != 0) return failed(path, "rename", kCheckDirectory);
  return socket;
}

absl::StatusOr<std::uint16_t> bound_port(const UniqueFd& socket) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    return failed("listener", "read its address", "start the host again");
  }
  const bool v4 = storage.ss_family == AF_INET;
  return ntohs(v4 ? reinterpret_cast<sockaddr_in*>(&storage)->sin_port
                  : reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port);
}

Listener::Listener(Loop& loop, UniqueFd socket, int family, Accepted accepted,
                   std::function<void()> out_of_descriptors)
    : loop_(loop),
      acceptor_(loop.context(), StreamProtocol(family, 0), socket.release()),
      accepted_(std::move(accepted)),
      out_of_descriptors_(std::move(out_of_descriptors)),
      pause_(loop.context()),
      reserve_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {}

void Listener::close() {
  error_code ec;
  acceptor_.close(ec);
  pause_.cancel();
}

void Listener::accept() {
  if (!acceptor_.is_open()) return;
  acceptor_.async_accept(loop_.context(), peer_, [this](error_code ec, StreamSocket socket) {
    on_accept(ec, std::move(socket));
  });
}

void Listener::on_accept(error_code ec, StreamSocket socket) {
  if (ec == asio::error::operation_aborted || !acceptor_.is_open()) return;
  if (ec == boost::system::errc::too_many_files_open ||
      ec == boost::system::errc::too_many_files_open_in_system) {
    shed();
    return;
  }
  if (!ec) {
    short_ = false;
    accepted_(std::move(socket), peer_);
  }
  accept();
}

// The connection stays in the queue until it is accepted, so the reserve takes it and drops it;
// without a pause a level-triggered loop would spin.
void Listener::shed() {
  if (!std::exchange(short_, true) && out_of_descriptors_) out_of_descriptors_();
  reserve_.reset();
  UniqueFd(::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC));
  reserve_ = UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  pause_.expires_after(kPause);
  pause_.async_wait([this](error_code ec) {
    if (!ec) accept();
  });
}

}  // namespace composable::host
