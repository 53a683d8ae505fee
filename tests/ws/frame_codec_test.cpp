#include "ws/frame_codec.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "ws/frames.hpp"

namespace composable::host {
namespace {

using testing::client_frame;
using Event = FrameReader::Event;

struct Seen {
  Event event = Event::kMore;
  std::string payload;
  std::uint16_t code = 0;  // of closes and faults
  bool operator==(const Seen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << static_cast<int>(seen.event) << ":" << seen.code << ":" << seen.payload;
}

// What a reader makes of `bytes` that arrive in the given pieces.
std::vector<Seen> read_pieces(const std::vector<std::string>& pieces,
                              std::size_t message_bytes = 65536) {
  FrameReader reader(message_bytes);
  std::vector<Seen> seen;
  for (std::string piece : pieces) {
    std::span<char> input(piece.data(), piece.size());
    for (;;) {
      const Event event = reader.next(input);
      if (event == Event::kMore) break;
      const bool ends = event == Event::kClose || event == Event::kFault;
      seen.push_back(
          {event, std::string(reader.payload()), ends ? reader.close_code() : std::uint16_t{0}});
    }
    EXPECT_TRUE(input.empty());
  }
  return seen;
}

std::vector<Seen> read_all(std::string bytes, std::size_t message_bytes = 65536) {
  return read_pieces({std::move(bytes)}, message_bytes);
}

std::vector<Seen> fault(std::uint16_t code, std::string reason) {
  return {{Event::kFault, std::move(reason), code}};
}

std::string header(std::initializer_list<unsigned> bytes) {
  std::string text;
  for (const unsigned byte : bytes) text.push_back(static_cast<char>(byte));
  return text;
}

TEST(FrameReaderTest, ReadsOneMessage) {
  EXPECT_EQ(read_all(client_frame(1, "hello")), (std::vector<Seen>{{Event::kText, "hello"}}));
}

TEST(FrameReaderTest, ReadsAnEmptyMessage) {
  EXPECT_EQ(read_all(client_frame(1, "")), (std::vector<Seen>{{Event::kText, ""}}));
}

TEST(FrameReaderTest, ReadsLengthsOfEveryForm) {
  for (const std::size_t size : {125u, 126u, 127u, 65535u, 65536u, 70000u}) {
    const std::string text(size, 'x');
    EXPECT_EQ(read_all(client_frame(1, text), 1 << 20), (std::vector<Seen>{{Event::kText, text}}));
  }
}

TEST(FrameReaderTest, JoinsFragmentsAroundControlFrames) {
  const std::string bytes = client_frame(1, "one ", false) + client_frame(9, "are you there") +
                            client_frame(0, "two ", false, 0xFFFFFFFF) + client_frame(10, "") +
                            client_frame(0, "three", true, 0);
  EXPECT_EQ(read_all(bytes), (std::vector<Seen>{{Event::kPing, "are you there"},
                                                {Event::kPong, ""},
                                                {Event::kText, "one two three"}}));
}

TEST(FrameReaderTest, ReadsManyMessagesInOneGo) {
  std::string bytes;
  std::vector<Seen> wanted;
  for (int i = 0; i < 100; ++i) {
    bytes += client_frame(1, std::to_string(i));
    wanted.push_back({Event::kText, std::to_string(i)});
  }
  EXPECT_EQ(read_all(bytes), wanted);
}

TEST(FrameReaderTest, RefusesAnUnmaskedFrame) {
  EXPECT_EQ(read_all(header({0x81, 0x01, 'x'})), fault(1002, "frame not masked"));
}

TEST(FrameReaderTest, RefusesReservedBits) {
  for (const unsigned bit : {0x40u, 0x20u, 0x10u}) {
    EXPECT_EQ(read_all(header({0x81 | bit, 0x80, 0, 0, 0, 0})), fault(1002, "reserved bits set"));
  }
}

TEST(FrameReaderTest, RefusesReservedOpcodes) {
  for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    EXPECT_EQ(read_all(client_frame(opcode, "")), fault(1002, "reserved opcode"));
  }
}

TEST(FrameReaderTest, RefusesBinaryFrames) {
  EXPECT_EQ(read_all(client_frame(2, "x")), fault(1003, "binary frames are not supported"));
}

TEST(FrameReaderTest, RefusesFragmentedAndOverlongControlFrames) {
  for (const unsigned opcode : {8u, 9u, 10u}) {
    EXPECT_EQ(read_all(client_frame(opcode, "", false)), fault(1002, "fragmented control frame"));
    EXPECT_EQ(read_all(client_frame(opcode, std::string(126, 'x'))),
              fault(1002, "control frame too long"));
  }
}

TEST(FrameReaderTest, RefusesAContinuationOfNothingAndAMessageInsideAnother) {
  EXPECT_EQ(read_all(client_frame(0, "x")), fault(1002, "continuation of no message"));
  EXPECT_EQ(read_all(client_frame(1, "x", false) + client_frame(1, "y")),
            fault(1002, "new message inside another"));
}

TEST(FrameReaderTest, RefusesLengthsThatAreNotInTheirShortestForm) {
  const auto reason = "length not in its shortest form";
  EXPECT_EQ(read_all(header({0x81, 0xFE, 0, 125, 0, 0, 0, 0})), fault(1002, reason));
  EXPECT_EQ(read_all(header({0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0})),
            fault(1002, reason));
  EXPECT_EQ(read_all(header({0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})),
            fault(1002, reason));
}

TEST(FrameReaderTest, RefusesAMessageOverTheLimitBeforeItIsRead) {
  EXPECT_EQ(read_all(client_frame(1, std::string(100, 'x')), 100).front().event, Event::kText);
  EXPECT_EQ(read_all(client_frame(1, std::string(101, 'x')).substr(0, 6), 100),
            fault(1009, "message too large"));
}

TEST(FrameReaderTest, CountsFragmentsTogetherTowardsTheLimit) {
  const std::string half(60, 'x');
  EXPECT_EQ(read_all(client_frame(1, half, false) + client_frame(0, half), 100),
            fault(1009, "message too large"));
}

TEST(FrameReaderTest, RefusesTextThatIsNotUtf8AsSoonAsItIsSeen) {
  EXPECT_EQ(read_all(client_frame(1, "ok \xFF", false)), fault(1007, "text is not UTF-8"));
  const std::string late = client_frame(1, "ok \xFF and more");
  EXPECT_EQ(read_all(late.substr(0, late.size() - 5)), fault(1007, "text is not UTF-8"));
}

TEST(FrameReaderTest, RefusesACharacterThatTheMessageCutsOff) {
  EXPECT_EQ(read_all(client_frame(1, "\xE2\x82")), fault(1007, "text is not UTF-8"));
}

TEST(FrameReaderTest, AcceptsACharacterThatTwoFragmentsShare) {
  EXPECT_EQ(read_all(client_frame(1, "\xE2\x82", false) + client_frame(0, "\xAC")),
            (std::vector<Seen>{{Event::kText, "€"}}));
}

TEST(FrameReaderTest, ReadsAClose) {
  EXPECT_EQ(read_all(client_frame(8,
                                  "\x03\xE8"
                                  "done")),
            (std::vector<Seen>{{Event::kClose, "done", 1000}}));
  EXPECT_EQ(read_all(client_frame(8, "")), (std::vector<Seen>{{Event::kClose, "", 1005}}));
}

TEST(FrameReaderTest, RefusesBadClosePayloads) {
  EXPECT_EQ(read_all(client_frame(8, "x")), fault(1002, "close payload of one byte"));
  EXPECT_EQ(read_all(client_frame(8, "\x03\xE8\xFF")), fault(1007, "close reason is not UTF-8"));
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
    const std::string payload =
        header({static_cast<unsigned>(code) >> 8, static_cast<unsigned>(code) & 0xFF});
    EXPECT_EQ(read_all(client_frame(8, payload)), fault(1002, "close code not allowed")) << code;
  }
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999}) {
    EXPECT_TRUE(valid_close_code(static_cast<std::uint16_t>(code))) << code;
  }
}

TEST(FrameReaderTest, DropsWhatFollowsACloseOrAFault) {
  EXPECT_EQ(read_all(client_frame(8, "") + client_frame(1, "late")).size(), 1u);
  EXPECT_EQ(read_all(client_frame(2, "") + client_frame(1, "late")).size(), 1u);
}

TEST(FrameReaderTest, ReadsTheSameWhereverTheInputIsCut) {
  const std::string bytes = client_frame(1, "héllo", false) + client_frame(9, "ping") +
                            client_frame(0, " wörld €") + client_frame(1, std::string(300, 'a')) +
                            client_frame(8, "\x03\xE9");
  const auto whole = read_all(bytes);
  ASSERT_EQ(whole.size(), 4u);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(read_pieces({bytes.substr(0, cut), bytes.substr(cut)}), whole) << cut;
  }
}

// Random bytes, and random damage to good frames, in random pieces: the same as in one.
TEST(FrameReaderTest, ReadsRandomBytesTheSameInAnyPieces) {
  std::mt19937_64 random(20240801);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (std::size_t i = below(6); i-- > 0;) {
      static constexpr unsigned kOpcodes[] = {0, 1, 1, 1, 8, 9, 10};
      std::string payload;
      for (std::size_t n = below(40); n-- > 0;)
        payload.push_back(static_cast<char>('a' + below(26)));
      bytes += client_frame(kOpcodes[below(7)], payload, below(3) != 0,
                            static_cast<std::uint32_t>(random()));
    }
    for (std::size_t i = below(4); i-- > 0 && !bytes.empty();) {
      bytes[below(bytes.size())] = static_cast<char>(random());
    }
    for (std::size_t i = below(8); i-- > 0;) bytes.push_back(static_cast<char>(random()));
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = 1 + below(9);
      pieces.push_back(bytes.substr(at, size));
      at += size;
    }
    ASSERT_EQ(read_pieces(pieces, 90), read_all(bytes, 90)) << ::testing::PrintToString(bytes);
  }
}

TEST(UnmaskTest, AgreesWithOneByteAtATimeAtEveryOffset) {
  const std::array<char, 4> mask = {0x11, 0x22, 0x33, 0x44};
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::uint64_t offset = 0; offset < 8; ++offset) {
      std::string data(size, 'q');
      unmask({data.data(), data.size()}, mask, offset);
      for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(data[i], 'q' ^ mask[(offset + i) % 4]);
    }
  }
}

TEST(FrameWriterTest, WritesWhatAClientReads) {
  for (const std::size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u}) {
    std::string bytes;
    append_frame(bytes, Opcode::kText, std::string(size, 'y'));
    const auto frames = testing::take_server_frames(bytes);
    ASSERT_TRUE(frames);
    EXPECT_EQ(*frames, (std::vector<testing::ServerFrame>{{1, std::string(size, 'y')}}));
    EXPECT_TRUE(bytes.empty());
  }
}

TEST(FrameWriterTest, WritesCloseFrames) {
  std::string bytes;
  append_close_frame(bytes, 1001, "bye");
  EXPECT_EQ(bytes,
            "\x88\x05\x03\xE9"
            "bye");
  bytes.clear();
  append_close_frame(bytes, kCloseNoCode, "not sent");
  EXPECT_EQ(bytes, std::string("\x88\x00", 2));
  bytes.clear();
  append_close_frame(bytes, 1008, std::string(500, 'r'));
  EXPECT_EQ(bytes.size(), 2u + 125u);
}

}  // namespace
}  // namespace composable::host
