// Readers that are slower than the events: they are told what they missed, or are cut off.
#include "fan_out_fixture.hpp"

namespace composable::host {
namespace {

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

}  // namespace
}  // namespace composable::host
