// The floor: what the kernel alone costs. One thread, level-triggered epoll, memmem for the end of
// a request, a constant reply, one send per readiness. Ratios of all HTTP figures are to this.
//
//   raw_epoll --port 9000 --reply-bytes 180
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kBuffer = 64 * 1024;

struct Options {
  std::uint16_t port = 9000;
  std::size_t reply_bytes = 180;  // head and body, so that it costs the kernel what a host's does
};

struct Connection {
  int fd;
  std::string partial;  // of a request; only while one is incomplete
};

int listen_on(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, 4096) != 0) {
    std::perror("raw_epoll: cannot listen");
    std::exit(1);
  }
  return fd;
}

std::string make_reply(std::size_t bytes) {
  std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ";
  const std::size_t body = bytes > head.size() + 8 ? bytes - head.size() - 7 : 1;
  head += std::to_string(body) + "\r\n\r\n";
  return head + std::string(bytes > head.size() ? bytes - head.size() : body, 'x');
}

// The bytes of the first request in `data`, 0 when it is incomplete.
std::size_t request_bytes(std::string_view data) {
  const void* end = memmem(data.data(), data.size(), "\r\n\r\n", 4);
  if (end == nullptr) return 0;
  const std::size_t head =
      static_cast<std::size_t>(static_cast<const char*>(end) - data.data()) + 4;
  if (data.front() == 'G') return head;
  const void* length = memmem(data.data(), head, "Content-Length: ", 16);
  const std::size_t body =
      length == nullptr ? 0 : std::strtoul(static_cast<const char*>(length) + 16, nullptr, 10);
  return data.size() >= head + body ? head + body : 0;
}

class Floor {
 public:
  explicit Floor(const Options& options)
      : reply_(make_reply(options.reply_bytes)), listener_(listen_on(options.port)) {
    add(listener_, nullptr);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < n; ++i) {
        if (events[i].data.ptr == nullptr) {
          accept_all();
        } else {
          serve(static_cast<Connection*>(events[i].data.ptr));
        }
      }
    }
  }

 private:
  void add(int fd, void* data) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = data;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      add(fd, new Connection{fd, {}});
    }
  }

  void drop(Connection* connection) {
    close(connection->fd);
    delete connection;
  }

  void serve(Connection* connection) {
    const ssize_t n = recv(connection->fd, buffer_.get(), kBuffer, 0);
    if (n <= 0) {
      drop(connection);
      return;
    }
    std::string_view data(buffer_.get(), static_cast<std::size_t>(n));
    if (!connection->partial.empty()) {
      connection->partial.append(data);
      data = connection->partial;
    }
    std::size_t done = 0;
    out_.clear();
    while (done < data.size()) {
      const std::size_t bytes = request_bytes(data.substr(done));
      if (bytes == 0) break;
      done += bytes;
      out_ += reply_;
    }
    if (done == data.size()) {
      connection->partial.clear();
    } else {
      connection->partial = std::string(data.substr(done));
    }
    // The load generator always reads; a full socket is its fault and ends the run.
    if (!out_.empty() && send(connection->fd, out_.data(), out_.size(), MSG_NOSIGNAL) !=
                             static_cast<ssize_t>(out_.size())) {
      drop(connection);
    }
  }

  const std::string reply_;
  const int listener_;
  const int epoll_ = epoll_create1(0);
  std::unique_ptr<char[]> buffer_ = std::make_unique<char[]>(kBuffer);
  std::string out_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--port") {
      options.port = static_cast<std::uint16_t>(std::atoi(argv[i + 1]));
    } else if (name == "--reply-bytes") {
      options.reply_bytes = std::strtoul(argv[i + 1], nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: raw_epoll [--port N] [--reply-bytes N]\n");
      return 2;
    }
  }
  Floor(options).run();
}
