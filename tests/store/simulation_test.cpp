// Random histories in a single thread, each made by a seed: commands, slow and failing appends,
// time that passes, and crashes at any step. After every crash the new incarnation must hold what
// was promised (docs/guarantees.md). A failing seed is printed and can be run alone with
// COMPOSABLE_SEED=n.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "store_fixture.hpp"

namespace composable::host {
namespace {

// What a client was told about one Note.
struct Promise {
  std::string stream;
  std::string text;
  RecordingWaiter* waiter;
};

class SimulationTest : public StoreTest {
 protected:
  void run(std::uint64_t seed) {
    random_ = seed * 0x9e3779b97f4a7c15 + 1;
    for (int step = 0; step < 300; ++step) {
      one_step(step);
      if (HasFailure()) return;
    }
    events_.open();
    loop_.run();
    crash();
  }

 private:
  std::uint64_t pick(std::uint64_t below) {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return random_ % below;
  }

  void one_step(int step) {
    switch (pick(13)) {
      case 12:
        if (events_.held() != 0) events_.write_without_telling();
        break;
      case 0:
        events_.shut();
        break;
      case 1:
        events_.open();
        break;
      case 2:
        events_.let_through(pick(4));
        break;
      case 3:
        if (events_.held() != 0) events_.fail_one(AppendCode::kUnavailable);
        break;
      case 4:
        loop_.advance(static_cast<std::int64_t>(pick(2'000'000)));
        break;
      case 5:
        loop_.run();
        break;
      case 6:
        send("Schedule", R"({"stream":"d","key":"k)" + std::to_string(pick(3)) + R"(","ms":500})");
        break;
      case 7:
        send("Cancel", R"({"key":"k)" + std::to_string(pick(3)) + R"("})");
        break;
      case 8:
        if (pick(10) == 0) crash();
        break;
      default:
        note(step);
    }
  }

  void note(int step) {
    Promise p{"s" + std::to_string(pick(4)), "t" + std::to_string(step), &waiter()};
    send("Note", R"({"stream":")" + p.stream + R"(","text":")" + p.text + R"("})", p.waiter);
    promises_.push_back(p);
  }

  // Everything that was not durable is gone: held appends, memory, timers of the loop.
  void crash() {
    const std::uint64_t digest_before = digest();
    const std::uint64_t position_before = store_->health().position;
    const bool was_durable = store_->health().flight == 0 && !store_->health().recovering;
    while (events_.held() != 0) events_.lose_one();
    events_.open();
    start();
    check_promises();
    // What the old incarnation had in its state is what the log says, to the bit.
    if (was_durable && store_->health().position == position_before) {
      EXPECT_EQ(digest(), digest_before);
    }
    promises_.clear();
    listener_.received.clear();
    listener_.positions.clear();
  }

  // 0 while there is no state to be read.
  std::uint64_t digest() {
    loop_.run();
    const auto out = std::make_shared<std::uint64_t>(0);
    store_->read([out](const DomainHandle& d) {
      *out = reinterpret_cast<const std::uint64_t*>(d.state())[2];  // probe.h
    });
    return *out;
  }

  void check_promises() {
    std::map<std::string, std::vector<std::string>> stored;
    for (const char* stream : {"s0", "s1", "s2", "s3"}) stored[stream] = texts(stream);
    std::multiset<std::string> everything;
    for (const auto& [stream, list] : stored) {
      for (const std::string& text : list) everything.insert(stream + " " + text);
    }
    for (const Promise& p : promises_) {
      ASSERT_LE(p.waiter->calls, 1);
      const std::size_t times = everything.count(p.stream + " " + p.text);
      ASSERT_LE(times, 1u) << p.text << " was stored twice";
      if (p.waiter->kind == Outcome::Kind::kSettled) {
        ASSERT_EQ(times, 1u) << p.text << " was acknowledged and lost";
      }
      if (p.waiter->calls == 1 && p.waiter->refusal.status == 503) {
        ASSERT_EQ(times, 0u) << p.text << " was refused and stored";
      }
    }
    // Nobody heard of an event that is not in the log, and positions came in order.
    ASSERT_TRUE(std::is_sorted(listener_.positions.begin(), listener_.positions.end()));
    for (const std::uint64_t position : listener_.positions) {
      ASSERT_LE(position, events_.stats().head);
    }
    auto all = events_.read_all(1, Direction::kForward, 1000, {});
    ASSERT_TRUE(all.ok());
    for (std::size_t n = 0; n < all->events.size(); ++n) {
      ASSERT_EQ(all->events[n].position, n + 1);
    }
  }

  std::uint64_t random_ = 1;
  std::vector<Promise> promises_;
};

TEST_F(SimulationTest, NothingAcknowledgedIsLostAndNothingUnstoredIsSeenInAnyHistory) {
  const char* one = std::getenv("COMPOSABLE_SEED");
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const std::uint64_t last = one != nullptr ? first : 500;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("COMPOSABLE_SEED=" + std::to_string(seed));
    run(seed);
    if (HasFailure()) return;
    fresh_log();
  }
}

}  // namespace
}  // namespace composable::host
