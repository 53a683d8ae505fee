#include "net/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "http/request_view.hpp"

namespace composable::host {
namespace {

int connected_socket(int family, const void* address, std::size_t length) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect(fd, static_cast<const sockaddr*>(address), static_cast<socklen_t>(length)) == 0) {
    return fd;
  }
  ::close(fd);
  return -1;
}

}  // namespace

RawClient::RawClient(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  fd_ = connected_socket(AF_INET, &address, sizeof address);
}

RawClient::RawClient(const std::string& unix_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, unix_path.c_str(), sizeof address.sun_path - 1);
  fd_ = connected_socket(AF_UNIX, &address, sizeof address);
}

RawClient::~RawClient() { close(); }

void RawClient::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RawClient::abort() {
  const linger reset{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close();
}

void RawClient::finish_sending() { shutdown(fd_, SHUT_WR); }

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool RawClient::stirs_within(int milliseconds) const {
  pollfd socket{.fd = fd_, .events = POLLIN, .revents = 0};
  return ::poll(&socket, 1, milliseconds) != 0;
}

bool RawClient::receive_some() {
  std::array<char, 65536> buffer;
  const ssize_t n = recv(fd_, buffer.data(), buffer.size(), 0);
  timed_out_ = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  if (n <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(n));
  return true;
}

std::string RawClient::response(bool head_only) {
  std::size_t end;
  while ((end = received_.find("\r\n\r\n")) == received_.npos) {
    if (!receive_some()) return {};
  }
  const std::string length = header_of(received_.substr(0, end + 4), "content-length");
  const std::size_t total =
      end + 4 + (length.empty() || head_only ? 0 : std::strtoull(length.c_str(), nullptr, 10));
  while (received_.size() < total) {
    if (!receive_some()) return {};
  }
  const std::string response = received_.substr(0, total);
  received_.erase(0, total);
  return response;
}

std::string RawClient::until_closed() {
  while (receive_some()) {
  }
  return std::exchange(received_, {});
}

int status_of(std::string_view response) {
  return response.size() < 12 ? 0 : std::atoi(std::string(response.substr(9, 3)).c_str());
}

std::string body_of(std::string_view response) {
  const std::size_t end = response.find("\r\n\r\n");
  return end == response.npos ? "" : std::string(response.substr(end + 4));
}

std::string header_of(std::string_view response, std::string_view name) {
  std::size_t at = response.find("\r\n");
  while (at != response.npos) {
    const std::string_view rest = response.substr(at + 2);
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    if (line.empty()) break;
    const std::size_t colon = line.find(": ");
    if (colon != line.npos && equals_ignoring_case(line.substr(0, colon), name)) {
      return std::string(line.substr(colon + 2));
    }
    at = response.find("\r\n", at + 2);
  }
  return {};
}

std::string message_of(std::string_view response) {
  const std::string body = body_of(response);
  const std::size_t from = body.find("\"message\":\"");
  if (from == body.npos) return body;
  return body.substr(from + 11, body.find("\",\"correlation_id\"") - from - 11);
}

}  // namespace composable::host
