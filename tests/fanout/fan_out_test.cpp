// The order in which sockets get events, replies and filters, and how long a slice lasts.
#include "fan_out_fixture.hpp"

namespace composable::host {
namespace {

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

}  // namespace
}  // namespace composable::host
