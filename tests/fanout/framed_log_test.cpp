#include "fanout/framed_log.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

#include "ws/frames.hpp"
#include "ws/websocket_framing.hpp"

namespace composable::host {
namespace {

std::string frame_of(const FramedLog& log, std::uint64_t number) {
  return {log.at(log.offset(number)), log.entry(number).length};
}

std::string text_of(const FramedLog& log, std::uint64_t number) {
  std::string bytes = frame_of(log, number);
  const auto frames = testing::take_server_frames(bytes);
  return frames && frames->size() == 1 ? frames->front().payload : "not one frame";
}

TEST(FramedLogTest, HoldsFramesThatCrossItsEndInOnePiece) {
  FramedLog log = FramedLog::create(4096, WebsocketFraming::instance()).value();
  std::deque<std::string> texts;
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    std::string text(random() % 700, static_cast<char>('a' + i % 26));
    ASSERT_TRUE(log.takes(text.size()));
    if (!log.has_room(text.size())) {
      const std::uint64_t first = log.first_after_making_room(text.size());
      ASSERT_GT(first, log.first());
      texts.erase(texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(first - log.first()));
      log.evict(first);
      ASSERT_TRUE(log.has_room(text.size()));
    }
    log.append(text, {1, 2, 3}, 0);
    texts.push_back(text);
    ASSERT_EQ(log.end() - log.first(), texts.size());
    ASSERT_EQ(text_of(log, log.first()), texts.front());
    ASSERT_EQ(text_of(log, log.end() - 1), texts.back());
  }
  // All that is held, as one run of memory.
  std::string all(log.at(log.offset(log.first())), log.offset(log.end()) - log.offset(log.first()));
  const auto frames = testing::take_server_frames(all);
  ASSERT_TRUE(frames);
  ASSERT_EQ(frames->size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ((*frames)[i].payload, texts[i]);
}

TEST(FramedLogTest, FindsTheEntryOfAnyByte) {
  FramedLog log = FramedLog::create(4096, WebsocketFraming::instance()).value();
  for (int i = 0; i < 20; ++i) log.append(std::string(static_cast<std::size_t>(i), 'x'), {}, 0);
  for (std::uint64_t number = log.first(); number < log.end(); ++number) {
    for (std::uint64_t byte = log.offset(number); byte < log.offset(number + 1); ++byte) {
      ASSERT_EQ(log.entry_at(byte), number);
    }
  }
}

TEST(FramedLogTest, TakesNoMoreThanHalfOfItself) {
  const FramedLog log = FramedLog::create(4096, WebsocketFraming::instance()).value();
  EXPECT_TRUE(log.takes(2038));
  EXPECT_FALSE(log.takes(2039));
}

TEST(FramedLogTest, MakesRoomForManySmallEntries) {
  FramedLog log = FramedLog::create(4096, WebsocketFraming::instance()).value();
  for (int i = 0; i < 1'000; ++i) {
    if (!log.has_room(0)) log.evict(log.first_after_making_room(0));
    ASSERT_TRUE(log.has_room(0));
    log.append("", {static_cast<std::uint32_t>(i), 0, 0}, 0);
    ASSERT_EQ(log.entry(log.end() - 1).key.domain, static_cast<std::uint32_t>(i));
  }
  EXPECT_LE(log.end() - log.first(), 64u);
}

}  // namespace
}  // namespace composable::host
