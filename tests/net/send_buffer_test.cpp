#include "net/send_buffer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace composable::host {
namespace {

// Takes so many bytes of each write; none: it would block.
class TakingTransport final : public Transport {
 public:
  void set_listener(TransportListener&) override {}
  IoResult read_some(std::span<char>) override { return {}; }
  void read_when_ready(std::span<char>) override {}
  IoResult write_some(std::span<const iovec> pieces) override {
    ++writes;
    if (broken) return {IoResult::Status::kBroken, 0};
    const std::size_t n = std::min(pieces[0].iov_len, takes);
    taken.append(static_cast<const char*>(pieces[0].iov_base), n);
    return {n == 0 ? IoResult::Status::kWouldBlock : IoResult::Status::kDone, n};
  }
  void when_writable() override { ++waits; }
  void shut_down_sending() override {}
  void close() override {}

  std::size_t takes = 1000;
  bool broken = false;
  int writes = 0, waits = 0;
  std::string taken;
};

class SendBufferTest : public testing::Test {
 protected:
  TakingTransport transport_;
  SendBuffer buffer_{100};
};

TEST_F(SendBufferTest, SendsAllAtOnce) {
  buffer_.bytes() += "hello";
  EXPECT_TRUE(buffer_.flush(transport_, 0));
  EXPECT_EQ(transport_.taken, "hello");
  EXPECT_EQ(buffer_.unsent(), 0u);
  EXPECT_TRUE(buffer_.flush(transport_, 0));
  EXPECT_EQ(transport_.writes, 1) << "nothing is no write";
  EXPECT_EQ(transport_.waits, 0);
}

TEST_F(SendBufferTest, KeepsWhatIsNotTakenAndWhatIsAddedMeanwhile) {
  transport_.takes = 2;
  buffer_.bytes() += "hello";
  EXPECT_TRUE(buffer_.flush(transport_, 0));
  EXPECT_EQ(buffer_.unsent(), 3u);
  buffer_.bytes() += " you";
  EXPECT_TRUE(buffer_.flush(transport_, 0));
  EXPECT_EQ(transport_.writes, 1) << "it waits to be told";
  for (int i = 0; i < 4; ++i) {
    buffer_.on_writable();
    EXPECT_TRUE(buffer_.flush(transport_, 0));
  }
  EXPECT_EQ(transport_.taken, "hello you");
  EXPECT_EQ(transport_.waits, 4);
  EXPECT_EQ(buffer_.unsent(), 0u);
}

TEST_F(SendBufferTest, IsStuckWhenNothingIsTakenForTooLong) {
  transport_.takes = 1;
  buffer_.bytes() += "hello";
  EXPECT_FALSE(buffer_.is_stuck(1'000'000));
  EXPECT_TRUE(buffer_.flush(transport_, 50));
  EXPECT_FALSE(buffer_.is_stuck(149));
  EXPECT_TRUE(buffer_.is_stuck(150));
  buffer_.on_writable();
  EXPECT_TRUE(buffer_.flush(transport_, 149));
  EXPECT_FALSE(buffer_.is_stuck(150)) << "a byte was taken";
  EXPECT_TRUE(buffer_.is_stuck(249));
}

TEST_F(SendBufferTest, TellsABrokenConnection) {
  transport_.broken = true;
  buffer_.bytes() += "hello";
  EXPECT_FALSE(buffer_.flush(transport_, 0));
}

// A reader that is always a little behind must not make the sent bytes pile up.
TEST_F(SendBufferTest, ForgetsWhatIsSentWhileMoreComes) {
  transport_.takes = 10'000;
  buffer_.bytes().assign(50'000, 'x');
  for (int i = 0; i < 1000; ++i) {
    buffer_.bytes().append(10'000, 'y');
    buffer_.on_writable();
    ASSERT_TRUE(buffer_.flush(transport_, 0));
    ASSERT_EQ(buffer_.unsent(), 50'000u);
  }
  EXPECT_LT(buffer_.bytes().size(), 200'000u);
  EXPECT_EQ(transport_.taken, std::string(50'000, 'x') + std::string(9'950'000, 'y'));
}

}  // namespace
}  // namespace composable::host
