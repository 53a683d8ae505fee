// A fan-out to readers of another protocol than WebSocket.
#include <cstring>

#include "fan_out_fixture.hpp"

namespace composable::host {
namespace {

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

}  // namespace
}  // namespace composable::host
