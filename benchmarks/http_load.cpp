// A closed-loop HTTP client: N keep-alive connections, each with D requests in flight. Prints one
// line of JSON: requests per second and, given the server's pid, its CPU time per request.
//
//   http_load --port 3000 --path /api/v1/counter --connections 64 --requests 500000 --pid 4711
//   http_load --port 3000 --path /api/v1/orders --body '{"…"}' --pipeline 16
//   http_load --port 3000 --method POST --path '/api/v1/box_office/touch/place-{connection}'
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Options {
  std::uint16_t port = 3000;
  std::string path = "/";  // {connection} becomes the number of the connection
  std::string body;
  std::string method;  // empty: POST with a body, GET without
  std::size_t connections = 64;
  std::uint64_t requests = 200'000;
  std::uint64_t warmup = 20'000;
  std::size_t pipeline = 1;
  int pid = 0;
};

struct Connection {
  int fd = -1;
  std::string request;
  std::size_t in_flight = 0;
  std::string received;
};

// CPU time of all threads of a process, nanoseconds; 0 when it cannot be read.
std::uint64_t cpu_ns(int pid) {
  if (pid == 0) return 0;
  std::uint64_t total = 0;
  std::error_code ec;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, ec)) {
    std::ifstream file(task.path() / "schedstat");
    std::uint64_t running = 0;
    if (file >> running) total += running;
  }
  return total;
}

// The request that one connection sends over and over.
std::string make_request(const Options& options, std::size_t connection) {
  std::string path = options.path;
  constexpr std::string_view kNumber = "{connection}";
  if (const std::size_t at = path.find(kNumber); at != path.npos) {
    path.replace(at, kNumber.size(), std::to_string(connection));
  }
  std::string method = options.method;
  if (method.empty()) method = options.body.empty() ? "GET" : "POST";
  std::string request =
      method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options.port) +
      "\r\nUser-Agent: http_load/1\r\nAccept: application/json\r\nAccept-Language: en\r\n";
  if (!options.body.empty()) request += "Content-Type: application/json\r\n";
  if (method != "GET") {
    request += "Content-Length: " + std::to_string(options.body.size()) + "\r\n";
  }
  return request + "\r\n" + options.body;
}

class Load {
 public:
  explicit Load(const Options& options) : options_(options) {
    connections_.resize(options.connections);
    std::size_t number = 0;
    for (Connection& connection : connections_) {
      connection.request = make_request(options, number++);
      open(connection);
    }
  }

  // Sends until `target` answers have come.
  void run(std::uint64_t target) {
    sent_ = answered_ = 0;
    target_ = target;
    for (Connection& connection : connections_) fill(connection);
    std::array<epoll_event, 256> events;
    while (answered_ < target_) {
      const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 5000);
      if (n == 0) fail("no answer for 5 s");
      for (int i = 0; i < n; ++i) receive(*static_cast<Connection*>(events[i].data.ptr));
    }
  }

  const std::map<int, std::uint64_t>& statuses() const { return statuses_; }

 private:
  [[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "http_load: %s after %llu answers\n", what,
                 static_cast<unsigned long long>(answered_));
    std::exit(1);
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
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
  }

  void fill(Connection& connection) {
    out_.clear();
    while (connection.in_flight < options_.pipeline && sent_ < target_) {
      out_ += connection.request;
      ++connection.in_flight;
      ++sent_;
    }
    std::string_view rest = out_;
    while (!rest.empty()) {
      const ssize_t n = send(connection.fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (n <= 0) fail("cannot send");
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  void receive(Connection& connection) {
    const ssize_t n = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
    if (n <= 0) fail("the server closed a connection");
    std::string_view data(buffer_.data(), static_cast<std::size_t>(n));
    if (!connection.received.empty()) {
      connection.received.append(data);
      data = connection.received;
    }
    std::size_t done = 0;
    for (std::size_t bytes; (bytes = response_bytes(data.substr(done))) != 0; done += bytes) {
      --connection.in_flight;
      ++answered_;
    }
    if (done == data.size()) {
      connection.received.clear();
    } else {
      connection.received = std::string(data.substr(done));
    }
    // A whole batch at a time, as a pipelining client does.
    if (connection.in_flight == 0) fill(connection);
  }

  // The bytes of the first response in `data`, 0 when it is incomplete.
  std::size_t response_bytes(std::string_view data) {
    const std::size_t end = data.find("\r\n\r\n");
    if (end == data.npos) return 0;
    const std::size_t at = data.substr(0, end).find("Content-Length: ");
    const std::size_t body = at == data.npos ? 0 : std::strtoul(data.data() + at + 16, nullptr, 10);
    if (data.size() < end + 4 + body) return 0;
    ++statuses_[std::atoi(data.data() + 9)];
    return end + 4 + body;
  }

  const Options& options_;
  const int epoll_ = epoll_create1(0);
  std::vector<Connection> connections_;
  std::uint64_t sent_ = 0, answered_ = 0, target_ = 0;
  std::map<int, std::uint64_t> statuses_;
  std::string out_;
  std::array<char, 256 * 1024> buffer_;
};

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return false;
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--port")
      options.port = static_cast<std::uint16_t>(std::atoi(value));
    else if (name == "--path")
      options.path = value;
    else if (name == "--method")
      options.method = value;
    else if (name == "--body")
      options.body = value;
    else if (name == "--connections")
      options.connections = std::strtoul(value, nullptr, 10);
    else if (name == "--requests")
      options.requests = std::strtoull(value, nullptr, 10);
    else if (name == "--warmup")
      options.warmup = std::strtoull(value, nullptr, 10);
    else if (name == "--pipeline")
      options.pipeline = std::strtoul(value, nullptr, 10);
    else if (name == "--pid")
      options.pid = std::atoi(value);
    else
      return false;
  }
  return options.connections > 0 && options.pipeline > 0 && options.requests > 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: http_load [--port N] [--path P] [--method M] [--body JSON]\n"
                 "                 [--connections N] [--requests N] [--warmup N] [--pipeline N] "
                 "[--pid PID]\n");
    return 2;
  }
  Load load(options);
  if (options.warmup != 0) load.run(options.warmup);
  const std::uint64_t cpu_before = cpu_ns(options.pid);
  const auto begin = std::chrono::steady_clock::now();
  load.run(options.requests);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const std::uint64_t cpu = cpu_ns(options.pid) - cpu_before;
  const double count = static_cast<double>(options.requests);
  std::printf("{\"requests_per_second\":%.0f,\"server_cpu_us_per_request\":%.3f,\"statuses\":{",
              count / took.count(), static_cast<double>(cpu) / 1000 / count);
  const char* comma = "";
  for (const auto& [status, n] : load.statuses()) {
    std::printf("%s\"%d\":%llu", comma, status, static_cast<unsigned long long>(n));
    comma = ",";
  }
  std::printf("}}\n");
  return 0;
}
