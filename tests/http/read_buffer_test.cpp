#include "http/read_buffer.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace composable::host {
namespace {

void put(ReadBuffer& buffer, std::string_view text) {
  buffer.prepare(text.size());
  std::memcpy(buffer.free_begin(), text.data(), text.size());
  buffer.commit(text.size());
}

TEST(ReadBufferTest, KeepsWhatIsNotConsumed) {
  ReadBuffer buffer;
  put(buffer, "one two");
  buffer.consume(4);
  EXPECT_EQ(buffer.data(), "two");
  put(buffer, std::string(ReadBuffer::kInitial, 'x'));
  EXPECT_EQ(buffer.data().substr(0, 4), "twox");
  EXPECT_EQ(buffer.size(), 3 + ReadBuffer::kInitial);
}

TEST(ReadBufferTest, ShowsWhereTheFirstByteIsAfterEveryMove) {
  ReadBuffer buffer;
  const char* const& front = buffer.front();
  put(buffer, "0123456789");
  EXPECT_EQ(*front, '0');
  buffer.consume(3);
  EXPECT_EQ(*front, '3');
  put(buffer, std::string(ReadBuffer::kInitial - 8, 'x'));  // taken back
  EXPECT_EQ(*front, '3');
  put(buffer, std::string(ReadBuffer::kInitial, 'y'));  // grown
  EXPECT_EQ(*front, '3');
  buffer.erase(1, 5);
  EXPECT_EQ(*front, '3');
  EXPECT_EQ(front, buffer.data().data());
  buffer.consume(buffer.size());
  put(buffer, "new");
  EXPECT_EQ(*front, 'n');
}

TEST(ReadBufferTest, TakesRoomBackBeforeItGrows) {
  ReadBuffer buffer;
  put(buffer, std::string(ReadBuffer::kInitial - 1, 'x') + "y");
  buffer.consume(ReadBuffer::kInitial - 1);
  put(buffer, std::string(100, 'z'));
  EXPECT_EQ(buffer.data(), "y" + std::string(100, 'z'));
}

TEST(ReadBufferTest, ErasesFromTheMiddle) {
  ReadBuffer buffer;
  put(buffer, "head5\r\nbody");
  buffer.erase(4, 3);
  EXPECT_EQ(buffer.data(), "headbody");
}

TEST(ReadBufferTest, GivesBackTheMemoryOfALargeRequest) {
  ReadBuffer buffer;
  put(buffer, std::string(1 << 20, 'x'));
  buffer.consume(1 << 20);
  EXPECT_EQ(buffer.free_size(), 0u);
  put(buffer, "small");
  EXPECT_EQ(buffer.free_size(), ReadBuffer::kInitial - 5);
}

}  // namespace
}  // namespace composable::host
