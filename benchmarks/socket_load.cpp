// Orders posted while many sockets listen: how long a POST takes, and how long an event. Posts at a
// steady rate (open loop), or from so many connections as fast as they are answered. Prints one
// line of JSON; times in milliseconds, deliveries are events times sockets.
//
//   socket_load --port 3000 --sockets 9900 --rate 40 --seconds 5
//   socket_load --port 3000 --sockets 1000 --posters 64 --seconds 5
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Options {
  std::uint16_t port = 3000;
  std::size_t sockets = 1'000;
  std::size_t posters = 8;
  double rate = 0;  // posts a second; 0: as fast as they are answered
  double seconds = 5;
};

constexpr std::size_t kSampled = 50;  // of so many sockets, one has its events timed
constexpr std::string_view kMark = "\"customer_id\":\"t";

double now_ms() {
  const auto time = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(time).count();
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "socket_load: %s\n", what);
  std::exit(1);
}

// What is left to read of a server's WebSocket frames.
struct Frames {
  std::array<unsigned char, 10> header{};
  std::size_t have = 0;
  std::size_t payload = 0;

  // Returns how many frames ended in `data`.
  std::size_t take(std::string_view data) {
    std::size_t ended = 0;
    while (!data.empty()) {
      if (payload > 0) {
        const std::size_t n = std::min(payload, data.size());
        payload -= n;
        data.remove_prefix(n);
        if (payload == 0) ++ended;
        continue;
      }
      header[have++] = static_cast<unsigned char>(data.front());
      data.remove_prefix(1);
      const std::size_t kind = have > 1 ? header[1] : 0;
      const std::size_t need = kind < 126 ? 2 : kind == 126 ? 4 : 10;
      if (have < need) continue;
      payload = need == 2 ? kind : 0;
      for (std::size_t i = 2; i < need; ++i) payload = payload << 8 | header[i];
      have = 0;
      if (payload == 0) ++ended;
    }
    return ended;
  }
};

struct Connection {
  int fd = -1;
  bool posts = false;
  bool is_sampled = false;
  Frames frames;
  std::string received;
  double posted_ms = 0;  // 0: none in flight
};

class Load {
 public:
  explicit Load(const Options& options) : options_(options) {
    connections_.resize(options.sockets + options.posters);
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      Connection& connection = connections_[i];
      connection.posts = i >= options.sockets;
      connection.is_sampled = i % kSampled == 0;
      open(connection);
      if (!connection.posts) upgrade(connection);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &connection;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    }
  }

  void run() {
    const double begin = now_ms();
    const double warm = begin + options_.seconds * 200;
    const double end = warm + options_.seconds * 1000;
    double next = begin;
    measured_from_ = warm;
    bool warming = true;
    std::array<epoll_event, 512> events;
    if (options_.rate == 0) {
      for (Connection& connection : connections_) {
        if (connection.posts) post(connection);
      }
    }
    for (double now = begin; now < end; now = now_ms()) {
      if (warming && now >= warm) {
        warming = false;
        bytes_ = sampled_bytes_ = sampled_frames_ = 0;
      }
      while (options_.rate > 0 && next <= now) {
        post_from_a_free_one();
        next += 1000 / options_.rate;
      }
      const int wait = options_.rate > 0 ? std::max(0, static_cast<int>(next - now)) : 100;
      const int n =
          epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), std::min(wait, 100));
      for (int i = 0; i < n; ++i) {
        Connection& connection = *static_cast<Connection*>(events[i].data.ptr);
        connection.posts ? receive_answer(connection) : receive_events(connection);
      }
    }
  }

  void print() {
    std::printf(
        "{\"posts_per_second\":%.0f,\"post_p50_ms\":%.3f,\"post_p99_ms\":%.3f,"
        "\"deliveries_per_second\":%.0f,\"delivery_p50_ms\":%.2f,\"delivery_p99_ms\":%.2f,"
        "\"failed\":%zu,\"gaps\":%zu}\n",
        static_cast<double>(posts_.size()) / options_.seconds, at(posts_, 0.5), at(posts_, 0.99),
        deliveries() / options_.seconds, at(arrivals_, 0.5), at(arrivals_, 0.99), failed_, gaps_);
  }

 private:
  static double at(std::vector<double>& values, double part) {
    if (values.empty()) return 0;
    const auto n = static_cast<std::size_t>(static_cast<double>(values.size() - 1) * part);
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(n), values.end());
    return values[n];
  }

  // Frames are counted on the sampled sockets; the others get the same ones.
  double deliveries() const {
    if (sampled_bytes_ == 0) return 0;
    return static_cast<double>(bytes_) * static_cast<double>(sampled_frames_) /
           static_cast<double>(sampled_bytes_);
  }

  void open(Connection& connection) {
    connection.fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      fail("cannot connect");
    }
    const int on = 1;
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  void upgrade(Connection& connection) {
    const std::string request =
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options_.port) +
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    if (send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) fail("cannot send");
    std::string head;
    char byte = 0;
    while (!head.ends_with("\r\n\r\n")) {
      if (recv(connection.fd, &byte, 1, 0) != 1) fail("a socket was refused");
      head += byte;
    }
    if (!head.starts_with("HTTP/1.1 101")) fail(head.c_str());
  }

  void post_from_a_free_one() {
    for (std::size_t i = options_.sockets; i < connections_.size(); ++i) {
      if (connections_[i].posted_ms == 0) return post(connections_[i]);
    }
    ++failed_;  // all are waiting: the rate is not kept
  }

  void post(Connection& connection) {
    connection.posted_ms = now_ms();
    char body[256];
    const int size = std::snprintf(
        body, sizeof body,
        R"({"customer_id":"t%.3f","items":[{"product_id":"p","name":"n","quantity":1,)"
        R"("unit_price_cents":1}]})",
        connection.posted_ms);
    const std::string request =
        "POST /api/v1/orders HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options_.port) +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(size) +
        "\r\n\r\n" + body;
    if (send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) fail("cannot send");
  }

  void receive_answer(Connection& connection) {
    const ssize_t n = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
    if (n <= 0) fail("the server closed a connection");
    connection.received.append(buffer_.data(), static_cast<std::size_t>(n));
    const std::size_t head = connection.received.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const std::size_t length = connection.received.find("Content-Length: ");
    const std::size_t body = std::strtoul(connection.received.c_str() + length + 16, nullptr, 10);
    if (connection.received.size() < head + 4 + body) return;
    if (!connection.received.starts_with("HTTP/1.1 201")) ++failed_;
    connection.received.clear();
    const double now = now_ms();
    if (connection.posted_ms >= measured_from_) posts_.push_back(now - connection.posted_ms);
    connection.posted_ms = 0;
    if (options_.rate == 0) post(connection);
  }

  void receive_events(Connection& connection) {
    const ssize_t n = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
    if (n <= 0) fail("the server closed a socket");
    const std::string_view data(buffer_.data(), static_cast<std::size_t>(n));
    bytes_ += data.size();
    if (!connection.is_sampled) return;
    sampled_bytes_ += data.size();
    sampled_frames_ += connection.frames.take(data);
    if (data.find("\"type\":\"gap\"") != std::string_view::npos) ++gaps_;
    const double now = now_ms();
    for (std::size_t at = 0; (at = data.find(kMark, at)) != std::string_view::npos;) {
      at += kMark.size();
      if (data.size() - at < 20) break;  // the rest comes with the next read
      const double sent = std::strtod(std::string(data.substr(at, 20)).c_str(), nullptr);
      if (sent >= measured_from_) arrivals_.push_back(now - sent);
    }
  }

  const Options& options_;
  const int epoll_ = epoll_create1(0);
  std::vector<Connection> connections_;
  double measured_from_ = 0;
  std::vector<double> posts_, arrivals_;
  std::uint64_t bytes_ = 0, sampled_bytes_ = 0, sampled_frames_ = 0;
  std::size_t failed_ = 0, gaps_ = 0;
  std::array<char, 256 * 1024> buffer_;
};

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return false;
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--port")
      options.port = static_cast<std::uint16_t>(std::atoi(value));
    else if (name == "--sockets")
      options.sockets = std::strtoul(value, nullptr, 10);
    else if (name == "--posters")
      options.posters = std::strtoul(value, nullptr, 10);
    else if (name == "--rate")
      options.rate = std::strtod(value, nullptr);
    else if (name == "--seconds")
      options.seconds = std::strtod(value, nullptr);
    else
      return false;
  }
  return options.posters > 0 && options.seconds > 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: socket_load [--port N] [--sockets N] [--posters N] [--rate R] "
                 "[--seconds S]\n");
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  Load load(options);
  load.run();
  load.print();
  return 0;
}
