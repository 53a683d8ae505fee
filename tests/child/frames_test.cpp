#include "child/frames.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace composable::host {
namespace {

TEST(Frames, ComeOutAsTheyWentInWhereverTheBytesAreCut) {
  std::string bytes;
  FrameWriter(bytes, FrameKind::kEvent).text("Happened").text("{}");
  FrameWriter(bytes, FrameKind::kEnd);
  FrameStream stream;
  std::vector<FrameKind> kinds;
  for (const char byte : bytes) {
    *stream.reserve(100) = byte;
    stream.filled(1);
    Frame frame;
    if (stream.next(frame) != FrameStream::Next::kFrame) continue;
    kinds.push_back(frame.kind);
    if (frame.kind != FrameKind::kEvent) continue;
    PayloadReader reader(frame.payload);
    EXPECT_EQ(reader.text(), "Happened");
    EXPECT_FALSE(reader.complete());
    EXPECT_EQ(reader.text(), "{}");
    EXPECT_TRUE(reader.complete());
    EXPECT_EQ(reader.number(), 0u) << "there is no more";
    EXPECT_FALSE(reader.complete());
  }
  EXPECT_EQ(kinds, (std::vector{FrameKind::kEvent, FrameKind::kEnd}));
}

TEST(Frames, AreBounded) {
  FrameStream stream;
  std::fill_n(stream.reserve(5), 5, '\xff');
  stream.filled(5);
  Frame frame;
  EXPECT_EQ(stream.next(frame), FrameStream::Next::kTooLong);
}

TEST(Frames, ATextLongerThanItsFrameIsNone) {
  std::string bytes;
  FrameWriter(bytes, FrameKind::kConfig).number(1'000);
  PayloadReader reader(std::string_view(bytes).substr(5));
  EXPECT_EQ(reader.text(), "");
  EXPECT_FALSE(reader.complete());
}

}  // namespace
}  // namespace composable::host
