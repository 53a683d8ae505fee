#include "observe/descriptor_sink.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "observe/log.hpp"

namespace composable::host {
namespace {

// The log goes into a pipe whose reader is the test.
class DescriptorSinkTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::pipe(ends_.data()), 0);
    before_ = exchange_log_sink(std::make_shared<DescriptorSink>(ends_[1]));
  }
  void TearDown() override {
    exchange_log_sink(before_);
    for (const int end : ends_) ::close(end);
  }

  // All that is in the pipe now.
  std::string read_all() {
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    std::string all;
    std::array<char, 65536> part;
    for (ssize_t n; (n = ::read(ends_[0], part.data(), part.size())) > 0;) {
      all.append(part.data(), static_cast<std::size_t>(n));
    }
    return all;
  }

  std::array<int, 2> ends_{};
  std::shared_ptr<spdlog::sinks::sink> before_;
};

TEST_F(DescriptorSinkTest, EachLineIsThereAtOnceWithItsNewline) {
  log_info("a", "first");
  log_info("a", "second");
  EXPECT_THAT(read_all(), testing::MatchesRegex(".* info a first\n.* info a second\n"));
}

TEST_F(DescriptorSinkTest, AReaderThatStoppedCostsLinesAndTheyAreCounted) {
  const std::string filler(900, 'x');
  const int lines = 1000;  // ten times what a pipe holds; a blocking write would hang here
  for (int i = 0; i < lines; ++i) log_info("a", "filled", {{"v", filler}});
  const std::string kept = read_all();
  const auto kept_lines = std::count(kept.begin(), kept.end(), '\n');
  EXPECT_LT(kept_lines, lines);

  log_info("a", "again");
  EXPECT_THAT(read_all(),
              testing::MatchesRegex(".* warn log dropped lines=" +
                                    std::to_string(lines - kept_lines) + "\n.* info a again\n"));
}

}  // namespace
}  // namespace composable::host
