#include "bus/action_ring.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace composable::host {
namespace {

using Result = ActionSubscriber::Result;

void publish(ActionRing& ring, std::string data) {
  ring.publish(2, ring.number_of("Noted"), data, 7, 9, Uuid{});
}

TEST(ActionRing, ASubscriberSeesWhatIsPublishedAfterItSubscribedInOrder) {
  auto ring = std::make_shared<ActionRing>(16);
  publish(*ring, "before");
  auto subscriber = ActionRing::subscribe(ring);
  publish(*ring, "one");
  publish(*ring, "two");
  ObservedAction action;
  std::uint64_t missed = 0;
  ASSERT_EQ(subscriber->receive(action, missed, absl::ZeroDuration()), Result::kAction);
  EXPECT_EQ(action.data, "one");
  EXPECT_EQ(action.sequence, 2u);
  EXPECT_EQ(action.type, "Noted");
  EXPECT_EQ(action.position, 7u);
  EXPECT_EQ(action.cause, 9u);
  ASSERT_EQ(subscriber->receive(action, missed, absl::ZeroDuration()), Result::kAction);
  EXPECT_EQ(action.data, "two");
  EXPECT_EQ(subscriber->receive(action, missed, absl::ZeroDuration()), Result::kTimeout);
}

TEST(ActionRing, ASlowSubscriberIsToldHowManyItMissedAndGoesOn) {
  auto ring = std::make_shared<ActionRing>(4);
  auto subscriber = ActionRing::subscribe(ring);
  for (int n = 0; n < 20; ++n) publish(*ring, std::to_string(n));
  ObservedAction action;
  std::uint64_t missed = 0;
  ASSERT_EQ(subscriber->receive(action, missed, absl::ZeroDuration()), Result::kMissed);
  EXPECT_EQ(missed, 16u);
  for (int n = 16; n < 20; ++n) {
    ASSERT_EQ(subscriber->receive(action, missed, absl::ZeroDuration()), Result::kAction);
    EXPECT_EQ(action.data, std::to_string(n));
  }
}

TEST(ActionRing, SubscribersAreIndependent) {
  auto ring = std::make_shared<ActionRing>(16);
  auto a = ActionRing::subscribe(ring);
  auto b = ActionRing::subscribe(ring);
  publish(*ring, "x");
  ObservedAction action;
  std::uint64_t missed = 0;
  EXPECT_EQ(a->receive(action, missed, absl::ZeroDuration()), Result::kAction);
  EXPECT_EQ(b->receive(action, missed, absl::ZeroDuration()), Result::kAction);
}

TEST(ActionRing, NobodyObservesUntilSomebodySubscribes) {
  auto ring = std::make_shared<ActionRing>(16);
  EXPECT_FALSE(ring->observed());
  auto subscriber = ActionRing::subscribe(ring);
  EXPECT_TRUE(ring->observed());
  subscriber.reset();
  EXPECT_FALSE(ring->observed());
}

TEST(ActionRing, ClosingLetsSubscribersDrainAndThenSaysSo) {
  auto ring = std::make_shared<ActionRing>(16);
  auto subscriber = ActionRing::subscribe(ring);
  publish(*ring, "last");
  ring->close();
  ObservedAction action;
  std::uint64_t missed = 0;
  EXPECT_EQ(subscriber->receive(action, missed, absl::InfiniteDuration()), Result::kAction);
  EXPECT_EQ(subscriber->receive(action, missed, absl::InfiniteDuration()), Result::kClosed);
}

TEST(ActionRing, AWaitingThreadIsWokenAndLosesNothingItCanKeepUpWith) {
  constexpr std::uint64_t kActions = 20'000;
  auto ring = std::make_shared<ActionRing>(64);
  auto subscriber = ActionRing::subscribe(ring);
  std::uint64_t seen = 0, lost = 0, last = 0;
  bool ordered = true;
  std::thread reader([&] {
    ObservedAction action;
    std::uint64_t missed = 0;
    for (;;) {
      switch (subscriber->receive(action, missed, absl::InfiniteDuration())) {
        case Result::kAction:
          ordered = ordered && action.sequence > last;
          last = action.sequence;
          ++seen;
          break;
        case Result::kMissed:
          lost += missed;
          break;
        default:
          return;
      }
    }
  });
  for (std::uint64_t n = 0; n < kActions; ++n) publish(*ring, "x");
  ring->close();
  reader.join();
  EXPECT_TRUE(ordered);
  EXPECT_EQ(seen + lost, kActions);
}

}  // namespace
}  // namespace composable::host
