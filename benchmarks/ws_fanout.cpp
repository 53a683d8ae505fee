// Fan-out: events of 64 bytes to 1,000 loopback sockets, as CPU time per delivery (one event to one
// socket). The baseline is what a plain server does: one send() per event and socket, from a frame
// made once. The argument is how many events come at a time; reading the other ends is not timed.
#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fanout/fan_out.hpp"
#include "ws/frame_codec.hpp"
#include "ws/websocket_framing.hpp"

namespace {

using namespace composable::host;

constexpr std::size_t kSockets = 1'000;
constexpr std::string_view kEvent =
    R"({"type":"event","action":{"Incremented":{}},"domain":"counter1"})";
static_assert(kEvent.size() == 64);

void require(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::exit(1);
}

// Connected pairs over loopback: `near` is the server's end.
struct Pairs {
  std::vector<int> near, far;

  Pairs() {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    require(bind(listener, name, size) == 0 && listen(listener, 64) == 0, "listen");
    getsockname(listener, name, &size);
    for (std::size_t i = 0; i < kSockets; ++i) {
      far.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      require(connect(far.back(), name, size) == 0, "connect");
      near.push_back(accept(listener, nullptr, nullptr));
      require(near.back() >= 0, "accept");
      const int on = 1;
      setsockopt(near.back(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    close(listener);
  }

  void drain() const {
    static char buffer[1 << 16];
    for (const int fd : far) {
      while (recv(fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0) {
      }
    }
  }
};

const Pairs& pairs() {
  static const Pairs all;
  return all;
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Times `send_all` and counts events times sockets as items.
template <typename SendAll>
void measure(benchmark::State& state, SendAll send_all) {
  const Pairs& sockets = pairs();
  for (auto _ : state) {
    const double begin = cpu_seconds();
    send_all();
    state.SetIterationTime(cpu_seconds() - begin);
    sockets.drain();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) *
                          static_cast<std::int64_t>(kSockets));
  state.counters["per_delivery"] =
      benchmark::Counter(static_cast<double>(state.iterations() * state.range(0)) * kSockets,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void BM_SendPerMessage(benchmark::State& state) {
  std::string frame;
  append_frame(frame, Opcode::kText, kEvent);
  measure(state, [&] {
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      for (const int fd : pairs().near) {
        require(send(fd, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
                    static_cast<ssize_t>(frame.size()),
                "send");
      }
    }
  });
}

class SocketSink final : public FanOutSink {
 public:
  explicit SocketSink(int fd) : fd_(fd) {}

  std::ptrdiff_t send(std::span<const iovec> pieces) override {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    const ssize_t sent = sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    require(sent > 0, "sendmsg");
    return sent;
  }
  void finished() override {}

 private:
  int fd_;
};

// `domain` is what the sockets listen to; the events are all of "counter".
void fan_out(benchmark::State& state, std::string_view domain, bool alternating) {
  FanOut fan_out(FramedLog::create(8 << 20, WebsocketFraming::instance()).value(), {});
  SystemClock clock;
  std::vector<std::unique_ptr<SocketSink>> sinks;
  for (const int fd : pairs().near) {
    sinks.push_back(std::make_unique<SocketSink>(fd));
    fan_out.open(*sinks.back(), DeliveryFilter::everything(domain, fan_out.names()));
  }
  const EventKey heard = {fan_out.names().number("counter"), 0, 0};
  const EventKey unheard = {fan_out.names().number("other"), 0, 0};
  measure(state, [&] {
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      fan_out.append(kEvent, heard, 0);
      if (alternating) fan_out.append(kEvent, unheard, 0);
    }
    while (fan_out.run(clock, 200)) {
    }
  });
}

void BM_FanOut(benchmark::State& state) { fan_out(state, "", false); }
// Every second event is filtered out: the worst case for gathering.
void BM_FanOutFiltered(benchmark::State& state) { fan_out(state, "counter", true); }

BENCHMARK(BM_SendPerMessage)->Arg(1)->Arg(50)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_FanOut)->Arg(1)->Arg(16)->Arg(50)->Arg(200)->UseManualTime()->Unit(
    benchmark::kMicrosecond);
BENCHMARK(BM_FanOutFiltered)->Arg(1)->Arg(50)->UseManualTime()->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
