// Many sessions of one loop at once. The loop and what the clients send are in step: the first
// route of a batch is where a test makes things happen to all others.
#include "net/http_sessions.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/plain_transport.hpp"
#include "net/run_queue.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

// The client's end of a socket pair, blocking; a wait for what never comes ends after ten seconds.
class Client {
 public:
  explicit Client(int fd) : fd_(fd) {
    const timeval limit{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  Client(Client&&) = delete;
  ~Client() { close(); }

  void send(std::string_view bytes) {
    ASSERT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  void finish_sending() { shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  // The status of the next answer, which has the body {}; 0 when the other side closed, -1 when
  // nothing came.
  int status() {
    for (;;) {
      if (const std::size_t end = received_.find("\r\n\r\n{}"); end != received_.npos) {
        const int status = std::stoi(received_.substr(9, 3));
        received_.erase(0, end + 6);
        return status;
      }
      char bytes[4096];
      const ssize_t n = recv(fd_, bytes, sizeof bytes, 0);
      if (n < 0) return -1;
      if (n == 0) return 0;
      received_.append(bytes, static_cast<std::size_t>(n));
    }
  }
  std::string until_closed() {
    while (status() > 0) {
    }
    return received_;
  }

 private:
  int fd_;
  std::string received_;
};

class TestRouter final : public Router {
 public:
  void plan(Exchange& exchange) override { exchange.plan.body_limit = 1024; }
  void serve(Exchange& exchange) override {
    if (at_first) std::exchange(at_first, nullptr)();
    if (hold_next) {
      hold_next = false;
      held = &exchange;
      return;
    }
    exchange.writer.append("{}");
    exchange.finish();
  }
  std::function<void()> at_first;
  bool hold_next = false;
  Exchange* held = nullptr;  // not answered yet
};

class HttpSessionsTest : public testing::Test {
 protected:
  static constexpr std::size_t kClients = RunQueue::kBatch + 8;

  HttpSessionsTest() {
    options_.limits.tick_ms = 10;
    options_.limits.linger_ms = 20;
  }
  ~HttpSessionsTest() override { loop_.stop(); }

  void open_all() {
    loop_.start();
    for (std::size_t i = 0; i < kClients; ++i) {
      int ends[2];
      ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
      clients_.emplace_back(ends[0]);
      loop_.run_and_wait([&] {
        StreamSocket socket(loop_.context());
        socket.assign(StreamProtocol(AF_UNIX, 0), ends[1]);
        sessions_.open(std::make_unique<PlainTransport>(std::move(socket), AF_UNIX),
                       asio::local::stream_protocol::endpoint());
      });
    }
    // One request each, so that every session waits for its next.
    send_at_once([](std::size_t) { return kRequest; });
    for (Client& client : clients_) ASSERT_EQ(client.status(), 200);
  }

  // All bytes are there before the loop looks.
  void send_at_once(const std::function<std::string_view(std::size_t)>& what) {
    loop_.run_and_wait([&] {
      for (std::size_t i = 0; i < clients_.size(); ++i) clients_[i].send(what(i));
    });
  }

  void expect_no_session() {
    const auto empty = std::make_shared<std::promise<void>>();
    auto emptied = empty->get_future();
    loop_.run_and_wait([&] { sessions_.when_empty([empty] { empty->set_value(); }); });
    EXPECT_EQ(emptied.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  }

  HttpOptions options_;
  SystemClock clock_;
  SystemRng rng_;
  BodyBudget bodies_{1024 * 1024};
  TestRouter router_;
  Loop loop_{0, clock_, 10};
  HttpSessions sessions_{{.loop = &loop_,
                          .router = &router_,
                          .options = &options_,
                          .clock = &clock_,
                          .rng = &rng_,
                          .bodies = &bodies_}};
  std::deque<Client> clients_;
};

TEST_F(HttpSessionsTest, ReadsWithoutWaitingWhatIsThereAndWhatIsNot) {
  open_all();
  // While the first batch is served: a second request, an end, a reset, nothing.
  router_.at_first = [this] {
    for (std::size_t i = 0; i < kClients; ++i) {
      if (i % 4 == 0) clients_[i].send(kRequest);
      if (i % 4 == 1) clients_[i].finish_sending();
      if (i % 4 == 2) clients_[i].close();
    }
  };
  send_at_once([](std::size_t) { return kRequest; });
  for (std::size_t i = 0; i < kClients; ++i) {
    if (i % 4 == 2) continue;
    EXPECT_EQ(clients_[i].status(), 200) << i;
    if (i % 4 == 3) clients_[i].send(kRequest);
    EXPECT_EQ(clients_[i].status(), i % 4 == 1 ? 0 : 200) << i;
  }
}

TEST_F(HttpSessionsTest, ADrainAnswersWhatIsReceivedAndNotYetServed) {
  open_all();
  // Comes between the first batch, which holds it, and the rest.
  router_.at_first = [this] {
    loop_.post([this] {
      sessions_.drain();
      sessions_.close_idle();
    });
  };
  send_at_once([](std::size_t i) { return i + 4 < kClients ? kRequest : kRequest.substr(0, 9); });
  for (std::size_t i = 0; i < kClients - 4; ++i) EXPECT_EQ(clients_[i].status(), 200) << i;
  for (std::size_t i = kClients - 4; i < kClients; ++i) {
    EXPECT_TRUE(clients_[i].until_closed().starts_with("HTTP/1.1 408")) << i;
  }
  expect_no_session();
}

TEST_F(HttpSessionsTest, ADrainSendsAnAnswerThatWaitsForItsTurnAndCloses) {
  open_all();
  loop_.run_and_wait([this] { router_.hold_next = true; });
  clients_[0].send(kRequest);
  for (bool held = false; !held;) {
    loop_.run_and_wait([&] { held = router_.held != nullptr; });
  }
  loop_.run_and_wait([this] {
    router_.held->writer.append("{}");
    router_.held->finish();
    loop_.post([this] {
      sessions_.drain();
      sessions_.close_idle();
    });
  });
  EXPECT_EQ(clients_[0].status(), 200);
  for (Client& client : clients_) EXPECT_EQ(client.status(), 0);
  expect_no_session();
}

}  // namespace
}  // namespace composable::host
