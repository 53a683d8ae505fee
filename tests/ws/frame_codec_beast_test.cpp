// The codec against Boost.Beast's WebSocket, which was written by others: a Beast client speaks to
// our reader and receives our writer; and a Beast server is fed the same bytes as our reader.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "ws/frame_codec.hpp"
#include "ws/frames.hpp"
#include "ws/handshake.hpp"

namespace composable::host {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using Wire = beast::test::stream;

std::string random_text(std::mt19937_64& random, std::size_t most) {
  static const std::string kCharacters[] = {"a", "Z", " ", "é", "€", "\xF0\x9F\x98\x80"};
  std::string text;
  const std::size_t size = random() % (most + 1);
  while (text.size() < size) text += kCharacters[random() % std::size(kCharacters)];
  return text;
}

// A Beast client over memory; its handshake was answered by our accept key.
class BeastClient {
 public:
  BeastClient() : client_(io_), server_(io_) {
    client_.next_layer().connect(server_);
    std::thread handshake([this] { client_.handshake("localhost", "/ws"); });
    std::string request;
    while (request.find("\r\n\r\n") == std::string::npos) request += read_some();
    const std::string name = "Sec-WebSocket-Key: ";
    const std::size_t from = request.find(name) + name.size();
    const std::string key = request.substr(from, request.find("\r\n", from) - from);
    const std::string answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        websocket_accept_key(key) + "\r\n\r\n";
    asio::write(server_, asio::buffer(answer));
    handshake.join();
  }

  websocket::stream<Wire>& socket() { return client_; }
  Wire& wire() { return server_; }

  std::string read_some() {
    std::array<char, 4096> bytes;
    return {bytes.data(), server_.read_some(asio::buffer(bytes))};
  }

 private:
  asio::io_context io_;
  websocket::stream<Wire> client_;
  Wire server_;
};

TEST(FrameCodecBeastTest, ReadsWhatABeastClientWrites) {
  std::mt19937_64 random(3);
  BeastClient beast;
  FrameReader reader(1 << 20);
  beast.socket().text(true);
  for (int round = 0; round < 300; ++round) {
    beast.socket().auto_fragment(round % 2 == 0);
    beast.socket().write_buffer_bytes(8 + random() % 200);
    const std::string text = random_text(random, round % 10 == 0 ? 70'000 : 400);
    if (round % 5 == 0) beast.socket().ping("beat");
    beast.socket().write(asio::buffer(text));

    bool pinged = false, received = false;
    while (!received) {
      std::string bytes = beast.read_some();
      std::span<char> input(bytes.data(), bytes.size());
      for (FrameReader::Event event; (event = reader.next(input)) != FrameReader::Event::kMore;) {
        if (event == FrameReader::Event::kPing) {
          pinged = reader.payload() == "beat";
          continue;
        }
        ASSERT_EQ(event, FrameReader::Event::kText);
        ASSERT_EQ(reader.payload(), text);
        received = true;
      }
    }
    ASSERT_EQ(pinged, round % 5 == 0);
  }
}

TEST(FrameCodecBeastTest, IsReadByABeastClient) {
  std::mt19937_64 random(5);
  BeastClient beast;
  for (int round = 0; round < 300; ++round) {
    const std::string text = random_text(random, round % 10 == 0 ? 70'000 : 400);
    std::string bytes;
    if (round % 7 == 0) append_frame(bytes, Opcode::kPing, "beat");
    append_frame(bytes, Opcode::kText, text);
    asio::write(beast.wire(), asio::buffer(bytes));
    beast::flat_buffer buffer;
    beast.socket().read(buffer);
    ASSERT_EQ(beast::buffers_to_string(buffer.data()), text);
  }
}

TEST(FrameCodecBeastTest, ClosesWithABeastClient) {
  BeastClient beast;
  std::thread closing([&] { beast.socket().close({websocket::close_code::going_away, "bye"}); });
  FrameReader reader(1024);
  FrameReader::Event event;
  do {
    std::string bytes = beast.read_some();
    std::span<char> input(bytes.data(), bytes.size());
    event = reader.next(input);
  } while (event == FrameReader::Event::kMore);
  EXPECT_EQ(event, FrameReader::Event::kClose);
  EXPECT_EQ(reader.close_code(), 1001);
  std::string echo;
  append_close_frame(echo, reader.close_code(), {});
  asio::write(beast.wire(), asio::buffer(echo));
  beast.wire().close();
  closing.join();
}

struct Verdict {
  std::vector<std::string> texts;
  std::uint16_t code = 0;  // with which the server closes; 0: it does not
  bool operator==(const Verdict&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
  for (const std::string& text : verdict.texts) out << text << "|";
  return out << verdict.code;
}

Verdict ours(std::string bytes) {
  FrameReader reader(200);
  std::span<char> input(bytes.data(), bytes.size());
  Verdict verdict;
  for (FrameReader::Event event; (event = reader.next(input)) != FrameReader::Event::kMore;) {
    if (event == FrameReader::Event::kText) verdict.texts.emplace_back(reader.payload());
    if (event == FrameReader::Event::kFault) verdict.code = reader.close_code();
    if (event == FrameReader::Event::kClose) {
      verdict.code = reader.close_code() == kCloseNoCode ? 1000 : reader.close_code();
    }
  }
  return verdict;
}

// A Beast server that has answered its handshake, fed `bytes` and then the end of the stream.
Verdict beasts(const std::string& bytes) {
  asio::io_context io;
  websocket::stream<Wire> server(io);
  Wire client(io);
  server.next_layer().connect(client);
  const std::string request =
      "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  asio::write(client, asio::buffer(request));
  server.accept();
  server.read_message_max(200);
  asio::write(client, asio::buffer(bytes));
  client.close();

  Verdict verdict;
  for (;;) {
    beast::flat_buffer buffer;
    beast::error_code error;
    server.read(buffer, error);
    if (error) break;
    verdict.texts.push_back(beast::buffers_to_string(buffer.data()));
  }
  std::string received(client.str());
  received.erase(0, received.find("\r\n\r\n") + 4);
  const auto frames = testing::take_server_frames(received);
  for (const auto& frame : frames.value()) {
    if (frame.opcode != 8) continue;
    verdict.code =
        frame.payload.size() < 2
            ? 1000
            : static_cast<std::uint16_t>(static_cast<std::uint8_t>(frame.payload[0]) << 8 |
                                         static_cast<std::uint8_t>(frame.payload[1]));
  }
  return verdict;
}

// Whole frames with all kinds of faults. Left out is where Beast is laxer:
// it takes binary frames, close codes above 4999, and a cut character before an empty last frame.
TEST(FrameCodecBeastTest, JudgesDamagedStreamsAsABeastServerDoes) {
  std::mt19937_64 random(17);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  int faults = 0;
  for (int round = 0; round < 4'000; ++round) {
    std::string bytes;
    bool open = false;
    for (std::size_t i = 1 + below(5); i-- > 0;) {
      unsigned opcode = below(6) == 0 ? (below(2) == 0 ? 9u : 10u) : (open ? 0u : 1u);
      bool final = opcode >= 8 || below(2) == 0;
      if (below(12) == 0) opcode = open ? 1 : 0;
      if (below(20) == 0) opcode = 3;
      if (below(20) == 0) opcode = 8;
      if (below(30) == 0) final = !final;
      std::string payload = random_text(random, below(4) == 0 ? 150 : 20);
      if (payload.empty()) payload = "a";
      if (below(15) == 0) payload += "\xC3";
      if (opcode == 8) payload.resize(below(2));
      if (opcode == 8 && below(3) != 0) {
        static constexpr unsigned kCodes[] = {1000, 1001, 1005, 1006, 999, 3000, 4999, 1009};
        const unsigned code = kCodes[below(std::size(kCodes))];
        payload = std::string(1, static_cast<char>(code >> 8)) + static_cast<char>(code) + "why";
      }
      if (opcode < 8) open = !final;
      std::string frame =
          testing::client_frame(opcode, payload, final, static_cast<std::uint32_t>(random()));
      if (below(25) == 0) frame[0] = static_cast<char>(frame[0] | 0x40);
      if (below(25) == 0) frame[1] = static_cast<char>(frame[1] & 0x7F);
      bytes += frame;
    }
    const Verdict mine = ours(bytes);
    faults += mine.code > 1001 ? 1 : 0;
    ASSERT_EQ(mine, beasts(bytes)) << ::testing::PrintToString(bytes);
  }
  EXPECT_GT(faults, 500);
}

}  // namespace
}  // namespace composable::host
