#include "net/admin_listener.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "net/plain_transport.hpp"
#include "runtime/file_kind.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::uint32_t kAdminLoop = 0xffffffff;  // no number of a public loop

absl::Status failed(const std::string& path, std::string_view what) {
  return absl::UnavailableError(
      absl::StrFormat("%s: cannot %s: %s; check the data directory, its rights and the room on its "
                      "disk",
                      path, what, std::strerror(errno)));
}

absl::Status no_file(const std::string& path, mode_t found) {
  return absl::InvalidArgumentError(absl::StrFormat(
      "%s: expected a file with the admin token, found %s; remove it, and a new token is made",
      path, file_kind(found)));
}

absl::StatusOr<std::string> create_token(const std::string& path, UniqueFd file) {
  std::array<std::uint8_t, kTokenBytes> bytes;
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return failed(path, "get random bytes");
  }
  std::string token;
  for (const std::uint8_t b : bytes) token += absl::StrFormat("%02x", b);
  const std::string line = token + "\n";
  if (write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      fsync(file.get()) != 0) {
    unlink(path.c_str());
    return failed(path, "write");
  }
  return token;
}

}  // namespace

absl::StatusOr<std::string> read_or_create_token(const std::string& path) {
  UniqueFd created(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (created) return create_token(path, std::move(created));
  if (errno != EEXIST) return failed(path, "create");
  struct stat info {};
  if (lstat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) return no_file(path, info.st_mode);
  // Not to wait for a writer if it has become a pipe by now.
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) return failed(path, "open");
  if (fstat(file.get(), &info) != 0) return failed(path, "stat");
  if (!S_ISREG(info.st_mode)) return no_file(path, info.st_mode);
  if ((info.st_mode & 077) != 0) {
    return absl::PermissionDeniedError(absl::StrFormat(
        "%s: mode %04o lets others use the admin token; chmod 600 it, or remove it for a new one",
        path, info.st_mode & 07777));
  }
  std::array<char, 256> text{};
  const ssize_t n = read(file.get(), text.data(), text.size());
  if (n < 0) return failed(path, "read");
  std::string token(text.data(), static_cast<std::size_t>(n));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  if (token.size() < kTokenBytes || token.find_first_of(" \t\r\n") != token.npos) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: an admin token is one line of at least %d characters; remove the file for a new one",
        path, kTokenBytes));
  }
  return token;
}

AdminListener::AdminListener(AdminParts parts, AdminOptions options, AdminRoutes routes)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      routes_(std::move(routes)),
      bodies_(options_.limits.bodies_bytes),
      loop_(kAdminLoop, *parts_.clock, options_.limits.tick_ms) {
  http_options_.limits = options_.limits;
}

AdminListener::~AdminListener() { stop(); }

void AdminListener::listen(UniqueFd socket, int family) {
  listeners_.push_back(std::make_unique<Listener>(
      loop_, std::move(socket), family,
      [this, family](StreamSocket accepted, const auto& peer) {
        sessions_->open(std::make_unique<PlainTransport>(std::move(accepted), family), peer);
      },
      nullptr));
  listeners_.back()->start();
}

absl::Status AdminListener::start() {
  std::string token;
  UniqueFd tcp_socket;
  if (options_.tcp) {
    auto read = read_or_create_token(options_.data_directory + "/admin.token");
    if (!read.ok()) return read.status();
    token = std::move(*read);
    if (absl::Status status = check_free(*options_.tcp); !status.ok()) return status;
    auto socket = listen_tcp(*options_.tcp);
    if (!socket.ok()) return socket.status();
    const auto port = bound_port(*socket);
    if (!port.ok()) return port.status();
    tcp_port_ = *port;
    tcp_socket = std::move(*socket);
  }
  auto unix_socket = listen_unix(options_.data_directory + "/admin.sock");
  if (!unix_socket.ok()) return unix_socket.status();
  socket_path_ = options_.data_directory + "/admin.sock";

  router_ = std::make_unique<AdminRouter>(std::move(routes_), std::move(token), http_options_,
                                          *parts_.clock, *parts_.rng);
  HttpSessionParts parts;
  parts.loop = &loop_;
  parts.router = router_.get();
  parts.options = &http_options_;
  parts.clock = parts_.clock;
  parts.rng = parts_.rng;
  parts.bodies = &bodies_;
  parts.log = parts_.log;
  if (parts_.websockets) websockets_ = parts_.websockets(loop_);
  parts.websockets = websockets_.get();
  sessions_ = std::make_unique<HttpSessions>(parts);
  listen(std::move(*unix_socket), AF_UNIX);
  if (tcp_socket) {
    const bool v6 = options_.tcp->host.find(':') != std::string::npos;
    listen(std::move(tcp_socket), v6 ? AF_INET6 : AF_INET);
  }
  loop_.start();
  started_ = true;
  return absl::OkStatus();
}

void AdminListener::stop() {
  if (!std::exchange(started_, false)) return;
  unlink(socket_path_.c_str());
  loop_.stop();
}

}  // namespace composable::host
