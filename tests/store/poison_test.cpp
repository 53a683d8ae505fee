// Events that their own build cannot evolve, from many types of command: none is stored, and no
// client can keep the domain busy with them.
#include <cmath>
#include <limits>

#include "generations.hpp"

namespace composable::host {
namespace {

#define BAD(name)                                            \
  struct name {                                              \
    static constexpr auto kind = composable::command().ws(); \
  }
BAD(Bad0);
BAD(Bad1);
BAD(Bad2);
BAD(Bad3);
BAD(Bad4);
BAD(Bad5);
BAD(Bad6);
BAD(Bad7);
BAD(Bad8);
BAD(Bad9);
#undef BAD
struct Good {
  static constexpr auto kind = composable::command().ws();
};
struct Measure {  // something that is no number
  static constexpr auto kind = composable::command().ws();
};
struct Gone {
  static constexpr auto kind = composable::event().is_public();
};
struct Done {
  static constexpr auto kind = composable::event().is_public();
};
struct Measured {
  static constexpr auto kind = composable::event().is_public();
  double value = 0;
};

struct Poisoner {
  static constexpr auto kName = "poisoner";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::durable;
  struct State {
    std::int64_t total = 0;
  };
  using Action = std::variant<Bad0, Bad1, Bad2, Bad3, Bad4, Bad5, Bad6, Bad7, Bad8, Bad9, Good,
                              Measure, Gone, Done, Measured>;
  using Effects = composable::Effects<Poisoner>;
  using Context = composable::Context;

  template <class Bad>
  static Effects decide(const State&, const Bad&, const Context&) {
    return composable::append("bad", Done{}, Gone{});
  }
  static Effects decide(const State&, const Good&, const Context&) {
    return composable::append("good", Done{});
  }
  static Effects decide(const State&, const Measure&, const Context&) {
    return {composable::append("good", Done{}),
            composable::append("measured", Measured{std::numeric_limits<double>::quiet_NaN()})};
  }
  static void evolve(State& s, const Done&, const Context&) { ++s.total; }
  static void evolve(State& s, const Gone&, const Context&) {
    s.total += 1000;
    throw std::runtime_error("gone");
  }
  static void evolve(State& s, const Measured& e, const Context&) {
    if (std::isnan(e.value)) throw std::runtime_error("no number");
    ++s.total;
  }
  static composable::Routes<Poisoner> routes() {
    return {composable::get("", [](const State& s) { return s; })};
  }
};

struct Ended final : Waiter {
  Refusal refusal;
  int calls = 0;
  void ended(const Outcome& outcome) noexcept override {
    ++calls;
    if (outcome.refusal != nullptr) refusal = *outcome.refusal;
  }
};

class PoisonTest : public GenerationsTest<Poisoner> {
 protected:
  ~PoisonTest() override { events_.on_replay = nullptr; }
  void recover() {
    ASSERT_TRUE(loop_.run_until([&] { return !store_.health().recovering; }));
  }
};

TEST_F(PoisonTest, TenTypesThatAreTriedAllTheTimeLeaveTheDomainNineteenTwentiethsOfTheTime) {
  constexpr std::int64_t kRebuild = 50'000, kStep = 100'000;
  std::atomic<std::int64_t> rebuilding{0};
  events_.on_replay = [&](std::uint64_t position) {
    if (position != 0) return;
    clock_.advance(kRebuild);
    rebuilding += kRebuild;
  };
  std::vector<std::uint32_t> bad;
  for (int n = 0; n < 10; ++n) bad.push_back(number("Bad" + std::to_string(n)));
  const std::int64_t began = clock_.steady_micros();
  std::vector<std::unique_ptr<Ended>> all;
  std::int64_t served = 0;
  for (int step = 0; step < 3000; ++step) {
    for (const std::uint32_t type : bad) {
      all.push_back(std::make_unique<Ended>());
      send(type, "{}", all.back().get());
      recover();
      ASSERT_EQ(all.back()->refusal.code, "INTERNAL_SERVER_ERROR");
    }
    Ended good;
    send(number("Good"), "{}", &good);
    ASSERT_EQ(good.calls, 1);
    ASSERT_EQ(good.refusal.code, "");
    ++served;
    loop_.advance(kStep);
  }
  const std::int64_t took = clock_.steady_micros() - began;
  // Ten are let through at the beginning; what they cost is made up for later.
  EXPECT_LE(rebuilding, took / 20 + 10 * kRebuild) << "of " << took;
  EXPECT_GT(rebuilding, 10 * kRebuild);  // and they are tried again
  EXPECT_EQ(total(), served);
  EXPECT_EQ(events_.stats().events, static_cast<std::uint64_t>(served));
}

TEST_F(PoisonTest, ACodecThatCannotReadWhatItWritesIsFoundBeforeAnythingIsStored) {
  send(number("Good"));
  Ended ended;
  send(number("Measure"), "{}", &ended);
  recover();
  EXPECT_NE(ended.refusal.code, "");
  EXPECT_EQ(total(), 1);
  EXPECT_EQ(events_.stats().events, 1u);
  send(number("Good"));
  EXPECT_EQ(total(), 2);
  Store restarted(generation<Poisoner>(), environment(), StoreOptions{});
  ASSERT_TRUE(restarted.replay().ok());
  loop_.run();
  EXPECT_FALSE(restarted.health().halted);
}

}  // namespace
}  // namespace composable::host
