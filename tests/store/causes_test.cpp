#include "store/causes.hpp"

#include "part_fixture.hpp"

namespace composable::host {
namespace {

using Kind = StagedEffect::Kind;

class CausesTest : public PartTest {
 protected:
  StagedEffect group(Kind kind, std::vector<StagedEffect> children) {
    StagedEffect group = effect(kind, "group");
    group.children = std::move(children);
    return group;
  }
};

TEST_F(CausesTest, ACauseSettlesWhenItsLastCountIsGivenBack) {
  Scope& root = scope();
  ++root.outstanding;
  host_.causes.release(root);
  EXPECT_EQ(host_.told, Texts{});
  EXPECT_EQ(host_.causes.size(), 1u);
  host_.causes.release(root);
  EXPECT_EQ(host_.told, Texts{"settled"});
  EXPECT_EQ(host_.causes.size(), 0u);
}

TEST_F(CausesTest, AFreedCauseComesBackClean) {
  Scope& root = scope();
  Cause& cause = *root.cause;
  const std::uint64_t id = cause.id;
  KeptOutcome waiter;
  cause.waiter = &waiter;
  cause.position = 7;
  cause.hops = 3;
  cause.decided = true;
  cause.fired_timer = "key";
  cause.meta.actor = "someone";
  host_.causes.release(root);
  Cause& again = host_.causes.make();
  ASSERT_EQ(&again, &cause);
  EXPECT_NE(again.id, id);
  EXPECT_EQ(again.waiter, nullptr);
  EXPECT_EQ(again.position, 0u);
  EXPECT_EQ(again.hops, 0u);
  EXPECT_FALSE(again.decided);
  EXPECT_EQ(again.fired_timer, "");
  EXPECT_EQ(again.meta.actor, "");
}

TEST_F(CausesTest, AParallelGroupStartsAllAtOnceAndEndsWithTheLast) {
  Scope& root = scope();
  std::vector<StagedEffect> effects;
  effects.push_back(group(Kind::kParallel, {effect(Kind::kJob, "a"), effect(Kind::kJob, "b")}));
  host_.causes.start(effects, root);
  host_.causes.release(root);
  EXPECT_EQ(host_.told, (Texts{"start group", "start a", "start b"}));
  host_.finish_all();
  EXPECT_EQ(host_.told.back(), "settled");
}

TEST_F(CausesTest, ASequenceStartsAStepWhenTheOneBeforeIsOver) {
  Scope& root = scope();
  std::vector<StagedEffect> effects;
  effects.push_back(group(Kind::kSequential, {effect(Kind::kJob, "a"), effect(Kind::kJob, "b")}));
  host_.causes.start(effects, root);
  host_.causes.release(root);
  EXPECT_EQ(host_.told, (Texts{"start group", "start a"}));
  host_.finish_all();
  EXPECT_EQ(host_.told, (Texts{"start group", "start a", "start b"}));
  host_.finish_all();
  EXPECT_EQ(host_.told.back(), "settled");
}

TEST_F(CausesTest, StepsThatLeaveNothingAtWorkFollowAtOnce) {
  Scope& root = scope();
  std::vector<StagedEffect> effects;
  effects.push_back(
      group(Kind::kSequential,
            {effect(Kind::kCancel, "a"), group(Kind::kParallel, {}), effect(Kind::kCancel, "b")}));
  host_.causes.start(effects, root);
  host_.causes.release(root);
  EXPECT_EQ(host_.told, (Texts{"start group", "start a", "start group", "start b", "settled"}));
}

TEST_F(CausesTest, WhatIsReleasedLaterWaitsForItsTurn) {
  Scope& root = scope();
  host_.causes.release_later(root);
  EXPECT_TRUE(host_.causes.has_later());
  EXPECT_EQ(host_.told, Texts{});
  host_.causes.do_later();
  EXPECT_FALSE(host_.causes.has_later());
  EXPECT_EQ(host_.told, Texts{"settled"});
}

TEST_F(CausesTest, WhatStartsLaterHoldsItsCauseUntilThen) {
  Scope& root = scope();
  StagedEffect job = effect(Kind::kJob, "a");
  host_.causes.start_later(job, root);
  host_.causes.release(root);
  EXPECT_EQ(host_.told, Texts{});
  host_.causes.do_later();
  EXPECT_EQ(host_.told, Texts{"start a"});
  host_.finish_all();
  EXPECT_EQ(host_.told, (Texts{"start a", "settled"}));
}

TEST_F(CausesTest, WhatIsCancelledBeforeItStartsNeverDoes) {
  Scope& root = scope();
  StagedEffect job = effect(Kind::kJob, "a");
  host_.causes.start_later(job, root);
  host_.causes.release(root);
  host_.causes.cancel_later("b");
  host_.causes.cancel_later("a");
  host_.causes.do_later();
  EXPECT_EQ(host_.told, Texts{"settled"});
}

TEST_F(CausesTest, OnlyThoseThatLiveAreVisited) {
  Scope& gone = scope();
  Scope& left = scope();
  host_.causes.release(gone);
  int visited = 0;
  host_.causes.each([&](Cause& cause) {
    EXPECT_EQ(&cause, left.cause);
    ++visited;
  });
  EXPECT_EQ(visited, 1);
}

}  // namespace
}  // namespace composable::host
