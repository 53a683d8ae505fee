// A fan-out against a model, over random steps.
#include <map>
#include <memory>
#include <random>

#include "fan_out_fixture.hpp"

namespace composable::host {
namespace {

// The model: every socket sees the events that it may see, in order and once, except those that
// gaps account for; replies come behind the events before them; filters change where acks stand.
class Model {
 public:
  explicit Model(std::uint64_t seed) : random_(seed) {}

  void step() {
    switch (random_() % 12) {
      case 0:
        open();
        break;
      case 1:
        with_client([&](Client& client) { reply(client); });
        break;
      case 2:
        with_client([&](Client& client) { change_filter(client); });
        break;
      case 3:
        with_client([&](Client& client) { client.sink.room = random_() % 300; });
        break;
      case 4:
      case 5:
        with_client([&](Client& client) { unblock(client, random_() % 2000); });
        break;
      case 6:
        with_client([&](Client& client) {
          std::string ping;
          append_frame(ping, Opcode::kPing, "p");
          fan_out_.push_urgent(client.handle, ping);
        });
        break;
      case 7:
        fan_out_.run(clock_, 30);
        break;
      default:
        for (std::size_t n = random_() % 6; n-- > 0;) append();
    }
  }

  void settle_and_check() {
    for (auto& client : clients_) unblock(*client, ~std::size_t{0});
    while (fan_out_.run(clock_, kAll)) {
    }
    for (auto& client : clients_) check(*client);
  }

  const FanOutStats& stats() const { return fan_out_.stats(); }

 private:
  struct Expected {
    std::string text;
    std::string domain;
    bool may_be_lost = false;
  };
  struct Client {
    FakeSink sink;
    FanOut::Handle handle;
    std::string filter;  // a domain, or empty for all
    std::vector<Expected> expected;
  };

  template <typename Do>
  void with_client(Do act) {
    if (!clients_.empty()) act(*clients_[random_() % clients_.size()]);
  }

  void open() {
    if (clients_.size() >= 12) return;
    auto client = std::make_unique<Client>();
    if (random_() % 2 == 0) client->filter = random_() % 2 == 0 ? "x" : "y";
    client->handle =
        fan_out_.open(client->sink, DeliveryFilter::everything(client->filter, fan_out_.names()));
    clients_.push_back(std::move(client));
  }

  void append() {
    const std::string domain = random_() % 3 == 0 ? "x" : random_() % 2 == 0 ? "y" : "z";
    const std::string text = domain + std::to_string(next_++) + std::string(random_() % 200, '.');
    const EventKey key = {fan_out_.names().number(domain), 0, 0};
    fan_out_.append(text, key, clock_.now);
    const std::size_t cause = clients_.empty() ? 0 : random_() % (2 * clients_.size());
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      Client& client = *clients_[i];
      const bool wants = client.filter.empty() || client.filter == domain;
      EXPECT_EQ(fan_out_.wants(client.handle, key), wants);
      if (!wants) continue;
      if (i == cause) fan_out_.append_own(client.handle, "own " + text);
      client.expected.push_back({i == cause ? "own " + text : text, domain, i != cause});
    }
  }

  void reply(Client& client) {
    const std::string text = "reply " + std::to_string(next_++);
    fan_out_.reply(client.handle, framed(text));
    client.expected.push_back({text, "", false});
  }

  void change_filter(Client& client) {
    const std::string text = "ack " + std::to_string(next_++);
    client.filter = random_() % 3 == 0 ? "" : random_() % 2 == 0 ? "x" : "y";
    fan_out_.subscribe(client.handle, DeliveryFilter::everything(client.filter, fan_out_.names()),
                       framed(text));
    client.expected.push_back({text, "", false});
  }

  void unblock(Client& client, std::size_t room) {
    client.sink.room = room;
    if (!client.sink.blocked) return;
    client.sink.blocked = false;
    fan_out_.writable(client.handle);
    fan_out_.run(clock_, 30);
  }

  void check(Client& client) {
    std::map<std::string, std::uint64_t> lost, told;
    std::size_t at = 0;
    for (const std::string& text : client.sink.texts()) {
      if (text == "opcode 9") continue;
      if (text.starts_with(R"({"type":"gap","domain":")")) {
        told[text.substr(24, 1)] += std::stoull(text.substr(text.rfind(':') + 1));
        continue;
      }
      while (at < client.expected.size() && client.expected[at].text != text) {
        ASSERT_TRUE(client.expected[at].may_be_lost)
            << client.expected[at].text << " before " << text;
        ++lost[client.expected[at++].domain];
      }
      ASSERT_LT(at, client.expected.size()) << text << " was not to be seen";
      ++at;
    }
    EXPECT_EQ(at, client.expected.size());
    EXPECT_EQ(lost, told);
    client.expected.clear();
  }

  std::mt19937_64 random_;
  TickingClock clock_;
  FanOut fan_out_{FramedLog::create(4096, WebsocketFraming::instance()).value(), {}};
  std::vector<std::unique_ptr<Client>> clients_;
  int next_ = 0;
};

TEST(FanOutModelTest, EverySocketSeesWhatItMayOrIsToldWhatItMissed) {
  std::uint64_t lagged = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    Model model(seed);
    for (int round = 0; round < 20; ++round) {
      for (int i = 0; i < 100; ++i) model.step();
      model.settle_and_check();
      if (::testing::Test::HasFatalFailure()) return;
    }
    lagged += model.stats().lagged;
  }
  EXPECT_GT(lagged, 1'000u);
}

}  // namespace
}  // namespace composable::host
