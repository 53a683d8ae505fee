#include "store/timers.hpp"

#include "observe/log_capture.hpp"
#include "part_fixture.hpp"

namespace composable::host {
namespace {

using Kind = StagedEffect::Kind;

struct ForgottenRows final : Timers::Rows {
  std::vector<std::string> keys;
  void forget_row(std::string key) override { keys.push_back(std::move(key)); }
  bool writes_row(const std::string& key) const override { return key == in_flight; }
  std::string in_flight = "nothing";
};

class TimersTest : public PartTest {
 protected:
  // Pending for `ms` under `key`.
  void start(std::string key, int ms, Scope& scope, bool stored = false) {
    StagedEffect delay = effect(Kind::kDelay, std::move(key), 5);
    delay.amount = static_cast<std::uint64_t>(ms) * 1000;
    delay.due_us = clock_.unix_micros() + ms * 1000;
    delay.stored = stored;
    delay.data = "{}";
    timers_.start(delay, scope);
  }
  void cancel(std::string key, bool stored = false) {
    StagedEffect cancel = effect(Kind::kCancel, std::move(key));
    cancel.stored = stored;
    timers_.cancel(cancel);
  }
  Scope& group(Scope& parent) {
    groups_.push_back(std::make_unique<Scope>());
    Scope& scope = *groups_.back();
    scope.cause = parent.cause;
    scope.parent = &parent;
    scope.outstanding = 1;
    return scope;
  }

  MetricCells cells_{nullptr, "probe"};
  ForgottenRows rows_;
  Timers timers_{host_, rows_, cells_, clock_, 3};
  std::vector<std::unique_ptr<Scope>> groups_;
};

TEST_F(TimersTest, ADelayFiresOnceAsACauseOfItsOwn) {
  Scope& root = scope();
  root.cause->meta.actor = "someone";
  start("a", 10, root);
  EXPECT_EQ(root.outstanding, 1u) << "the cause does not wait for it";
  EXPECT_EQ(timers_.earliest(), clock_.unix_micros() + 10'000);
  timers_.fire_due();
  EXPECT_TRUE(host_.fed_back.empty());
  clock_.advance(10'000);
  timers_.fire_due();
  timers_.fire_due();
  ASSERT_EQ(host_.fed_back.size(), 1u);
  EXPECT_EQ(host_.fed_back[0].type, 5u);
  EXPECT_NE(host_.working[0]->cause, root.cause);
  EXPECT_EQ(host_.working[0]->cause->meta.actor, "someone");
  EXPECT_EQ(timers_.size(), 0u);
}

TEST_F(TimersTest, OneOfAGroupIsPartOfWhatMustSettle) {
  Scope& inside = group(scope());
  start("", 10, inside);
  EXPECT_EQ(inside.outstanding, 2u);
  clock_.advance(10'000);
  timers_.fire_due();
  EXPECT_EQ(inside.outstanding, 2u) << "the action holds the count now";
  EXPECT_EQ(host_.working[0], &inside);
}

TEST_F(TimersTest, OneOfTheSameKeyTakesThePlaceOfTheOneBefore) {
  Scope& inside = group(scope());
  start("a", 10, inside);
  start("a", 20, *inside.parent);
  EXPECT_EQ(inside.outstanding, 1u) << "the count of the replaced one is given back";
  EXPECT_EQ(timers_.size(), 1u);
  clock_.advance(10'000);
  timers_.fire_due();
  EXPECT_TRUE(host_.fed_back.empty());
}

TEST_F(TimersTest, ACancelledOneGivesItsCountBackAndItsRow) {
  Scope& inside = group(scope());
  start("a", 10, inside, true);
  cancel("a");
  cancel("unknown");
  EXPECT_EQ(inside.outstanding, 1u);
  EXPECT_EQ(rows_.keys, Texts{"a"});
  EXPECT_EQ(timers_.size(), 0u);
}

TEST_F(TimersTest, ARowThatItsCommitHasRemovedIsNotRemovedAgain) {
  start("a", 10, scope(), true);
  cancel("a", true);
  EXPECT_EQ(rows_.keys, Texts{});
  EXPECT_EQ(timers_.size(), 0u);
}

TEST_F(TimersTest, ARowThatIsOnItsWayToTheLogStays) {
  rows_.in_flight = "a";
  timers_.forget("a");
  EXPECT_EQ(rows_.keys, Texts{});
  timers_.forget("b");
  EXPECT_EQ(rows_.keys, Texts{"b"});
}

TEST_F(TimersTest, ARowStaysWhileOneOfItsNameIsPending) {
  Scope& root = scope();
  start("a", 10, root, true);
  start("a", 20, root, true);  // its row was written over
  EXPECT_EQ(rows_.keys, Texts{});
  timers_.forget("a");
  EXPECT_EQ(rows_.keys, Texts{});
  start("a", 20, root, false);  // the row is of no use any more
  EXPECT_EQ(rows_.keys, Texts{"a"});
}

TEST_F(TimersTest, AFiredOneWithARowTellsItsCause) {
  start("a", 10, scope(), true);
  clock_.advance(10'000);
  timers_.fire_due();
  EXPECT_EQ(host_.working[0]->cause->fired_timer, "a");
}

TEST_F(TimersTest, ARowOfALaterDelaysKeyIsNotArmed) {
  const auto domain = probe();
  Scope& inside = group(scope());
  start("a", 50, inside, false);
  std::vector<StoredTimer> rows;
  rows.push_back({"a", clock_.unix_micros() + 5'000, "Fired", "{}", {}});
  timers_.arm(rows, *domain);
  clock_.advance(10'000);
  timers_.fire_due();
  EXPECT_TRUE(host_.fed_back.empty());
  EXPECT_EQ(inside.outstanding, 2u);
}

TEST_F(TimersTest, TooManyAreRefused) {
  Scope& root = scope();
  for (const char* key : {"a", "b", "c", "d"}) start(key, 10, root);
  EXPECT_EQ(timers_.size(), 3u);
  EXPECT_EQ(host_.told, Texts{"failed delay: too many delays are pending"});
  EXPECT_EQ(cells_.read().refused_overloaded, 1u);
}

TEST_F(TimersTest, WhatTheDomainMadeForItselfIsPostponedBeyondTheBound) {
  Scope& root = scope();
  for (const char* key : {"a", "b", "c"}) start(key, 10, root);
  timers_.postpone(9, "{}", root, 5'000);
  EXPECT_EQ(timers_.size(), 4u);
  EXPECT_EQ(root.outstanding, 2u);
  clock_.advance(5'000);
  timers_.fire_due();
  ASSERT_EQ(host_.fed_back.size(), 1u);
  EXPECT_EQ(host_.fed_back[0].type, 9u);
  EXPECT_EQ(root.outstanding, 2u);
}

TEST_F(TimersTest, WhatTheLogHasTakesThePlaceOfWhatItHad) {
  const LogCapture log;
  const auto domain = probe();
  Scope& root = scope();
  start("gone", 10, root, true);
  start("mine", 10, root, false);
  std::vector<StoredTimer> rows;
  rows.push_back({"kept", clock_.unix_micros() + 5'000, "Fired", "{\"key\":\"kept\"}", {}});
  rows.push_back({"old", clock_.unix_micros(), "NoSuchAction", "{}", {}});
  timers_.arm(rows, *domain);
  EXPECT_EQ(timers_.size(), 2u);
  EXPECT_TRUE(log.contains("timer_unknown_action"));
  clock_.advance(10'000);
  timers_.fire_due();
  ASSERT_EQ(host_.fed_back.size(), 2u);
  EXPECT_EQ(host_.fed_back[0].data, "{\"key\":\"kept\"}");
}

}  // namespace
}  // namespace composable::host
