#include "fanout/fan_out.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ws/frame_codec.hpp"
#include "ws/frames.hpp"
#include "ws/websocket_framing.hpp"

namespace composable::host {
namespace {

// A socket without a kernel: takes `room` bytes, then none.
class FakeSink final : public FanOutSink {
 public:
  std::size_t room = ~std::size_t{0};
  bool broken = false;
  bool blocked = false;
  bool done = false;
  std::string bytes;

  std::ptrdiff_t send(std::span<const iovec> pieces) override {
    EXPECT_FALSE(blocked) << "sent to although blocked";
    EXPECT_FALSE(done) << "sent to after the last frame";
    if (broken) return kBroken;
    std::ptrdiff_t taken = 0;
    for (const iovec& piece : pieces) {
      const std::size_t size = std::min(room, piece.iov_len);
      bytes.append(static_cast<const char*>(piece.iov_base), size);
      taken += static_cast<std::ptrdiff_t>(size);
      room -= size;
      blocked |= size < piece.iov_len;
      if (blocked) break;
    }
    return taken;
  }
  void finished() override { done = true; }

  std::vector<std::string> texts() {
    std::vector<std::string> texts;
    const auto frames = testing::take_server_frames(bytes);
    if (!frames) return {"not frames"};
    for (const auto& frame : *frames) {
      texts.push_back(frame.opcode == 1
                          ? frame.payload
                          : "opcode " + std::to_string(frame.opcode) +
                                (frame.opcode == 8 ? " " + frame.payload.substr(2) : ""));
    }
    return texts;
  }
};

using Texts = std::vector<std::string>;

// Each look at it takes ten microseconds, and each send does not.
class TickingClock final : public Clock {
 public:
  std::int64_t unix_micros() override { return now += 10; }
  std::int64_t steady_micros() override { return now += 10; }
  std::int64_t now = 1'000'000;
};

constexpr std::int64_t kAll = 1'000'000'000;  // as long as a slice takes

std::string framed(std::string_view text) {
  std::string frame;
  append_frame(frame, Opcode::kText, text);
  return frame;
}

class FanOutTest : public ::testing::Test {
 protected:
  EventKey key(std::string_view action = "A", std::string_view domain = "d") {
    return {fan_out_.names().number(domain), fan_out_.names().number(action), 0};
  }
  DeliveryFilter::Pointer only(std::string_view domain) {
    return DeliveryFilter::everything(domain, fan_out_.names());
  }
  void append(std::string_view text, std::string_view domain = "d") {
    fan_out_.append(text, key("A", domain), clock_.now);
  }
  void run() {
    while (fan_out_.run(clock_, kAll)) {
    }
  }
  void unblock(FanOut::Handle socket, FakeSink& sink, std::size_t room) {
    sink.room = room;
    sink.blocked = false;
    fan_out_.writable(socket);
    run();
  }

  TickingClock clock_;
  FanOut fan_out_{FramedLog::create(4096, WebsocketFraming::instance()).value(),
                  FanOutOptions{.unsent_bytes = 4000}};
  FakeSink one_, two_;
};

TEST_F(FanOutTest, GivesEveryEventToEverySocketInOneSendEach) {
  fan_out_.open(one_, nullptr);
  fan_out_.open(two_, nullptr);
  for (const char* text : {"a", "b", "c"}) append(text);
  run();
  EXPECT_EQ(one_.texts(), (Texts{"a", "b", "c"}));
  EXPECT_EQ(two_.texts(), (Texts{"a", "b", "c"}));
  EXPECT_EQ(fan_out_.stats().sends, 2u);
  EXPECT_EQ(fan_out_.stats().delivered, 6u);
  EXPECT_FALSE(fan_out_.has_work());
}

TEST_F(FanOutTest, GivesANewSocketOnlyWhatComesAfterIt) {
  append("before");
  fan_out_.open(one_, nullptr);
  append("after");
  run();
  EXPECT_EQ(one_.texts(), Texts{"after"});
}

TEST_F(FanOutTest, SendsOnlyWhatTheFilterLetsThrough) {
  fan_out_.open(one_, only("x"));
  for (const char* domain : {"x", "d", "d", "x", "x", "d"}) append(domain, domain);
  run();
  EXPECT_EQ(one_.texts(), (Texts{"x", "x", "x"}));
  EXPECT_EQ(fan_out_.stats().sends, 1u);
  append("d", "d");
  run();
  EXPECT_EQ(fan_out_.stats().sends, 1u) << "nothing to see, nothing to send";
}

TEST_F(FanOutTest, PutsRepliesBehindTheEventsBeforeThem) {
  const auto socket = fan_out_.open(one_, nullptr);
  append("event 1");
  fan_out_.reply(socket, framed("ack 1"));
  append("event 2");
  fan_out_.reply(socket, framed("ack 2a"));
  fan_out_.reply(socket, framed("ack 2b"));
  run();
  EXPECT_EQ(one_.texts(), (Texts{"event 1", "ack 1", "event 2", "ack 2a", "ack 2b"}));
}

TEST_F(FanOutTest, GivesTheCauseItsOwnCopyInTheSamePlace) {
  const auto socket = fan_out_.open(one_, nullptr);
  fan_out_.open(two_, nullptr);
  append("1");
  append("2");
  fan_out_.append_own(socket, "2 by you");
  append("3");
  run();
  EXPECT_EQ(one_.texts(), (Texts{"1", "2 by you", "3"}));
  EXPECT_EQ(two_.texts(), (Texts{"1", "2", "3"}));
}

TEST_F(FanOutTest, ChangesAFilterExactlyWhereItsAckStands) {
  const auto socket = fan_out_.open(one_, only("x"));
  append("x1", "x");
  append("y1", "y");
  fan_out_.subscribe(socket, only("y"), framed("ack"));
  append("x2", "x");
  append("y2", "y");
  EXPECT_TRUE(fan_out_.wants(socket, key("A", "y")));
  EXPECT_FALSE(fan_out_.wants(socket, key("A", "x")));
  run();
  EXPECT_EQ(one_.texts(), (Texts{"x1", "ack", "y2"}));
}

TEST_F(FanOutTest, ChangesAFilterWithoutAnAck) {
  const auto socket = fan_out_.open(one_, nullptr);
  fan_out_.subscribe(socket, DeliveryFilter::nothing(), {});
  append("unheard");
  fan_out_.subscribe(socket, nullptr, {});
  append("heard");
  run();
  EXPECT_EQ(one_.texts(), Texts{"heard"});
}

TEST_F(FanOutTest, SendsAFrameInPiecesWithNothingInBetween) {
  const auto socket = fan_out_.open(one_, nullptr);
  one_.room = 5;
  append("0123456789");
  append("abc");
  run();
  fan_out_.reply(socket, framed("ack"));
  std::string pong;
  append_frame(pong, Opcode::kPong, "");
  fan_out_.push_urgent(socket, pong);
  for (int i = 0; i < 40; ++i) unblock(socket, one_, 1);
  EXPECT_EQ(one_.texts(), (Texts{"0123456789", "opcode 10", "abc", "ack"}));
}

TEST_F(FanOutTest, IsNotHeldUpByABlockedSocket) {
  one_.room = 0;
  fan_out_.open(one_, nullptr);
  fan_out_.open(two_, nullptr);
  for (int i = 0; i < 10; ++i) append("x");
  run();
  EXPECT_EQ(two_.texts().size(), 10u);
}

TEST_F(FanOutTest, TellsASlowSocketHowMuchItMissedAndGoesOn) {
  const auto socket = fan_out_.open(one_, nullptr);
  one_.room = 3;
  append("first, sent in part");
  run();
  for (int i = 0; i < 200; ++i)
    append(std::to_string(1000 + i) + std::string(96, '.'), i % 2 == 0 ? "d" : "e");
  EXPECT_GT(fan_out_.stats().lagged, 0u);
  unblock(socket, one_, ~std::size_t{0});
  const Texts texts = one_.texts();
  ASSERT_GE(texts.size(), 4u);
  EXPECT_EQ(texts[0], "first, sent in part");
  std::uint64_t skipped = 0;
  for (int i : {1, 2}) {
    ASSERT_EQ(texts[static_cast<std::size_t>(i)].substr(0, 23), R"({"type":"gap","domain":)");
    skipped += std::stoull(texts[static_cast<std::size_t>(i)].substr(37));
  }
  EXPECT_EQ(skipped + texts.size() - 3, 200u);
  EXPECT_EQ(texts.back().substr(0, 4), "1199");
}

TEST_F(FanOutTest, KeepsRepliesAndOwnCopiesWhenEventsAreLost) {
  const auto socket = fan_out_.open(one_, nullptr);
  one_.room = 0;
  append("own");
  fan_out_.append_own(socket, "own by you");
  fan_out_.reply(socket, framed("ack"));
  run();
  for (int i = 0; i < 100; ++i) append(std::string(96, '.'));
  unblock(socket, one_, ~std::size_t{0});
  const Texts texts = one_.texts();
  EXPECT_EQ(texts[0], "own by you");
  EXPECT_EQ(texts[1], "ack");
  EXPECT_EQ(texts[2].substr(0, 13), R"({"type":"gap")");
}

TEST_F(FanOutTest, CountsAnEventTooLargeForTheLogAsLost) {
  fan_out_.open(one_, nullptr);
  fan_out_.open(two_, only("elsewhere"));
  append("a");
  append(std::string(3000, 'x'));
  append("b");
  run();
  EXPECT_EQ(one_.texts(), (Texts{R"({"type":"gap","domain":"d","skipped":1})", "a", "b"}));
  EXPECT_EQ(two_.texts(), Texts{});
}

TEST_F(FanOutTest, CutsOffASocketThatDoesNotReadItsReplies) {
  const auto socket = fan_out_.open(one_, nullptr);
  one_.room = 1;
  fan_out_.reply(socket, framed("the first reply"));
  run();
  for (int i = 0; i < 50; ++i) fan_out_.reply(socket, framed(std::string(100, 'r')));
  unblock(socket, one_, ~std::size_t{0});
  const Texts texts = one_.texts();
  EXPECT_EQ(texts.back(), "opcode 8 too many unread replies");
  EXPECT_TRUE(one_.done);
  append("later");
  run();
  EXPECT_EQ(one_.texts(), Texts{});
}

// What is queued costs memory beside its bytes, of which there may be none.
TEST_F(FanOutTest, CutsOffASocketThatDoesNotReadItsPongs) {
  const auto socket = fan_out_.open(one_, nullptr);
  one_.room = 1;
  fan_out_.reply(socket, framed("begun"));
  run();
  std::string pong;
  append_frame(pong, Opcode::kPong, {});
  for (int i = 0; i < 100; ++i) fan_out_.push_urgent(socket, pong);
  unblock(socket, one_, ~std::size_t{0});
  EXPECT_EQ(one_.texts(), (Texts{"begun", "opcode 8 too many unread replies"}));
}

TEST_F(FanOutTest, CutsOffASocketThatQueuesFiltersWithoutReading) {
  const auto socket = fan_out_.open(one_, nullptr);
  one_.room = 1;
  fan_out_.reply(socket, framed("begun"));
  run();
  for (int i = 0; i < 10; ++i) fan_out_.subscribe(socket, only("x"), {});
  unblock(socket, one_, ~std::size_t{0});
  EXPECT_EQ(one_.texts(), (Texts{"begun", "opcode 8 too many unread replies"}));
}

TEST_F(FanOutTest, CutsOffBetweenFramesOnly) {
  const auto socket = fan_out_.open(one_, nullptr);
  one_.room = 3;
  append("sent in part");
  append("dropped");
  run();
  for (int i = 0; i < 100; ++i) append(std::string(96, '.'));  // overtaken in the middle of a frame
  fan_out_.reply(socket, framed(std::string(4200, 'r')));
  unblock(socket, one_, ~std::size_t{0});
  EXPECT_EQ(one_.texts(), (Texts{"sent in part", "opcode 8 too many unread replies"}));
}

TEST_F(FanOutTest, SendsTheLastFrameBehindWhatIsQueuedAndNothingAfterIt) {
  const auto socket = fan_out_.open(one_, nullptr);
  append("event");
  fan_out_.reply(socket, framed("ack"));
  std::string close;
  append_close_frame(close, 1001, "bye");
  fan_out_.finish(socket, close);
  append("late");
  fan_out_.reply(socket, framed("late"));
  fan_out_.finish(socket, close);
  run();
  EXPECT_EQ(one_.texts(), (Texts{"event", "ack", "opcode 8 bye"}));
  EXPECT_TRUE(one_.done);
}

TEST_F(FanOutTest, LeavesABrokenSocketAlone) {
  const auto socket = fan_out_.open(one_, nullptr);
  one_.broken = true;
  append("x");
  run();
  append("y");
  fan_out_.reply(socket, framed("z"));
  run();
  EXPECT_EQ(fan_out_.stats().sends, 1u);
  fan_out_.close(socket);
}

TEST_F(FanOutTest, SendsForAsLongAsItMayAndNoLonger) {
  std::vector<FakeSink> sinks(1000);
  for (FakeSink& sink : sinks) fan_out_.open(sink, nullptr);
  append("x");
  EXPECT_TRUE(fan_out_.run(clock_, 200));
  EXPECT_EQ(fan_out_.stats().sends, 20u);
  EXPECT_TRUE(fan_out_.run(clock_, 0));
  EXPECT_EQ(fan_out_.stats().sends, 21u) << "at least one step";
  EXPECT_FALSE(fan_out_.run(clock_, kAll));
  EXPECT_EQ(fan_out_.stats().sends, 1000u);
}

TEST_F(FanOutTest, SaysHowLongTheOldestEventHasWaited) {
  EXPECT_EQ(fan_out_.lag_us(clock_.now), 0);
  fan_out_.open(one_, nullptr);
  append("a");
  const std::int64_t appended = clock_.now;
  append("b");
  EXPECT_EQ(fan_out_.lag_us(appended + 700), 700);
  run();
  EXPECT_EQ(fan_out_.lag_us(appended + 700), 0);
}

// Server-sent events, as far as a fan-out is concerned.
class EventStreamFraming final : public Framing {
 public:
  std::size_t overhead() const override { return kBefore.size() + kAfter.size(); }
  std::size_t write(char* to, std::string_view text) const override {
    const std::string frame = std::string(kBefore) + std::string(text) + std::string(kAfter);
    std::memcpy(to, frame.data(), frame.size());
    return frame.size();
  }
  void append_gap(std::string& out, std::string_view domain, std::uint64_t count) const override {
    out += "event: gap\ndata: " + std::string(domain) + " " + std::to_string(count) + "\n\n";
  }
  void append_overflow(std::string& out) const override { out += ": too slow\n\n"; }

 private:
  static constexpr std::string_view kBefore = "data: ";
  static constexpr std::string_view kAfter = "\n\n";
};

TEST(FanOutFramingTest, CarriesAnotherProtocol) {
  const EventStreamFraming framing;
  TickingClock clock;
  FanOut fan_out(FramedLog::create(4096, framing).value(), {.unsent_bytes = 1000});
  FakeSink reader, unread;
  const auto one = fan_out.open(reader, nullptr);
  const auto other = fan_out.open(unread, nullptr);
  const EventKey key = {fan_out.names().number("d"), 0, 0};
  fan_out.append("first", key, 0);
  fan_out.append("theirs", key, 0);
  fan_out.append_own(one, "mine");
  fan_out.append(std::string(4000, 'x'), key, 0);  // never fits
  fan_out.reply(other, std::string(2000, 'r'));
  fan_out.run(clock, kAll);
  EXPECT_EQ(reader.bytes, "event: gap\ndata: d 1\n\ndata: first\n\ndata: mine\n\n");
  EXPECT_EQ(unread.bytes, ": too slow\n\n");
}

// The model: every socket sees the events that it may see, in order and once, except those that
// gaps account for; replies come behind the events before them; filters change where acks stand.
class Model {
 public:
  explicit Model(std::uint64_t seed) : random_(seed) {}

  void step() {
    switch (random_() % 12) {
      case 0:
        open();
        break;
      case 1:
        with_client([&](Client& client) { reply(client); });
        break;
      case 2:
        with_client([&](Client& client) { change_filter(client); });
        break;
      case 3:
        with_client([&](Client& client) { client.sink.room = random_() % 300; });
        break;
      case 4:
      case 5:
        with_client([&](Client& client) { unblock(client, random_() % 2000); });
        break;
      case 6:
        with_client([&](Client& client) {
          std::string ping;
          append_frame(ping, Opcode::kPing, "p");
          fan_out_.push_urgent(client.handle, ping);
        });
        break;
      case 7:
        fan_out_.run(clock_, 30);
        break;
      default:
        for (std::size_t n = random_() % 6; n-- > 0;) append();
    }
  }

  void settle_and_check() {
    for (auto& client : clients_) unblock(*client, ~std::size_t{0});
    while (fan_out_.run(clock_, kAll)) {
    }
    for (auto& client : clients_) check(*client);
  }

  const FanOutStats& stats() const { return fan_out_.stats(); }

 private:
  struct Expected {
    std::string text;
    std::string domain;
    bool may_be_lost = false;
  };
  struct Client {
    FakeSink sink;
    FanOut::Handle handle;
    std::string filter;  // a domain, or empty for all
    std::vector<Expected> expected;
  };

  template <typename Do>
  void with_client(Do act) {
    if (!clients_.empty()) act(*clients_[random_() % clients_.size()]);
  }

  void open() {
    if (clients_.size() >= 12) return;
    auto client = std::make_unique<Client>();
    if (random_() % 2 == 0) client->filter = random_() % 2 == 0 ? "x" : "y";
    client->handle =
        fan_out_.open(client->sink, DeliveryFilter::everything(client->filter, fan_out_.names()));
    clients_.push_back(std::move(client));
  }

  void append() {
    const std::string domain = random_() % 3 == 0 ? "x" : random_() % 2 == 0 ? "y" : "z";
    const std::string text = domain + std::to_string(next_++) + std::string(random_() % 200, '.');
    const EventKey key = {fan_out_.names().number(domain), 0, 0};
    fan_out_.append(text, key, clock_.now);
    const std::size_t cause = clients_.empty() ? 0 : random_() % (2 * clients_.size());
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      Client& client = *clients_[i];
      const bool wants = client.filter.empty() || client.filter == domain;
      EXPECT_EQ(fan_out_.wants(client.handle, key), wants);
      if (!wants) continue;
      if (i == cause) fan_out_.append_own(client.handle, "own " + text);
      client.expected.push_back({i == cause ? "own " + text : text, domain, i != cause});
    }
  }

  void reply(Client& client) {
    const std::string text = "reply " + std::to_string(next_++);
    fan_out_.reply(client.handle, framed(text));
    client.expected.push_back({text, "", false});
  }

  void change_filter(Client& client) {
    const std::string text = "ack " + std::to_string(next_++);
    client.filter = random_() % 3 == 0 ? "" : random_() % 2 == 0 ? "x" : "y";
    fan_out_.subscribe(client.handle, DeliveryFilter::everything(client.filter, fan_out_.names()),
                       framed(text));
    client.expected.push_back({text, "", false});
  }

  void unblock(Client& client, std::size_t room) {
    client.sink.room = room;
    if (!client.sink.blocked) return;
    client.sink.blocked = false;
    fan_out_.writable(client.handle);
    fan_out_.run(clock_, 30);
  }

  void check(Client& client) {
    std::map<std::string, std::uint64_t> lost, told;
    std::size_t at = 0;
    for (const std::string& text : client.sink.texts()) {
      if (text == "opcode 9") continue;
      if (text.starts_with(R"({"type":"gap","domain":")")) {
        told[text.substr(24, 1)] += std::stoull(text.substr(text.rfind(':') + 1));
        continue;
      }
      while (at < client.expected.size() && client.expected[at].text != text) {
        ASSERT_TRUE(client.expected[at].may_be_lost)
            << client.expected[at].text << " before " << text;
        ++lost[client.expected[at++].domain];
      }
      ASSERT_LT(at, client.expected.size()) << text << " was not to be seen";
      ++at;
    }
    EXPECT_EQ(at, client.expected.size());
    EXPECT_EQ(lost, told);
    client.expected.clear();
  }

  std::mt19937_64 random_;
  TickingClock clock_;
  FanOut fan_out_{FramedLog::create(4096, WebsocketFraming::instance()).value(), {}};
  std::vector<std::unique_ptr<Client>> clients_;
  int next_ = 0;
};

TEST(FanOutModelTest, EverySocketSeesWhatItMayOrIsToldWhatItMissed) {
  std::uint64_t lagged = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    Model model(seed);
    for (int round = 0; round < 20; ++round) {
      for (int i = 0; i < 100; ++i) model.step();
      model.settle_and_check();
      if (::testing::Test::HasFatalFailure()) return;
    }
    lagged += model.stats().lagged;
  }
  EXPECT_GT(lagged, 1'000u);
}

}  // namespace
}  // namespace composable::host
