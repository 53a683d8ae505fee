// The sink's publish: what it takes, and what it says when it does not.
#include "store/staged_effects.hpp"

#include <gtest/gtest.h>

#include "listener.hpp"

namespace composable::host {
namespace {

struct Nobody final : StagedEffects::Committer {
  void commit() override {}
};

class Publishing : public testing::Test {
 protected:
  Publishing() : domain_(*DomainHandle::inspect(&domain_table<listening::Listener>())) {
    stage_.reset(domain_);
  }
  composable_status publish(std::string_view topic, std::string_view type,
                            std::string_view json = R"({"text":"t"})") {
    const composable_action action{domain_.find_action(type)->number, COMPOSABLE_FORM_JSON,
                                   json.data(), json.size()};
    return stage_.sink().publish(&stage_.sink(), abi_str(topic), &action);
  }

  Nobody nobody_;
  DomainHandle domain_;
  StagedEffects stage_{nobody_};
};

TEST_F(Publishing, KeepsTopicTypeAndPayloadAsJson) {
  const listening::Told told{"native"};
  const composable_action action{domain_.find_action("Told")->number, COMPOSABLE_FORM_NATIVE, &told,
                                 sizeof told};
  EXPECT_EQ(stage_.sink().publish(&stage_.sink(), abi_str("a.b-c_1"), &action), COMPOSABLE_OK);
  ASSERT_TRUE(stage_.complete());  // a native payload that was encoded needs no commit
  ASSERT_EQ(stage_.after().size(), 1u);
  EXPECT_EQ(stage_.after()[0].kind, StagedEffect::Kind::kPublish);
  EXPECT_EQ(stage_.after()[0].key, "a.b-c_1");
  EXPECT_EQ(stage_.after()[0].data, R"({"text":"native"})");
}

TEST_F(Publishing, StandsInsideAGroup) {
  composable_effects& sink = stage_.sink();
  EXPECT_EQ(sink.begin(&sink, COMPOSABLE_GROUP_PARALLEL), COMPOSABLE_OK);
  EXPECT_EQ(publish("x", "Told"), COMPOSABLE_OK);
  EXPECT_EQ(sink.end(&sink), COMPOSABLE_OK);
  ASSERT_TRUE(stage_.complete());
  ASSERT_EQ(stage_.after().size(), 1u);
  EXPECT_EQ(stage_.after()[0].children.size(), 1u);
}

TEST_F(Publishing, TakesEventsOnly) {
  EXPECT_EQ(publish("x", "Hear"), COMPOSABLE_E_MISUSE);
  EXPECT_EQ(stage_.fault(), "publish Hear: is an internal action, not an event");
}

TEST_F(Publishing, TakesNoRejection) {
  EXPECT_EQ(publish("x", "Deaf"), COMPOSABLE_E_MISUSE);
  EXPECT_EQ(stage_.fault(), "publish Deaf: is a rejection, not an event");
}

TEST_F(Publishing, NeedsATopicWithAProperName) {
  EXPECT_EQ(publish("Orders placed", "Told"), COMPOSABLE_E_MISUSE);
  EXPECT_EQ(stage_.fault(),
            "publish Told: the topic \"Orders placed\" is not of the form [a-z][a-z0-9._-]*, "
            "1..128 bytes");
  for (const std::string& bad : {std::string(), std::string(129, 'x'), std::string("1"),
                                 std::string("a/b"), std::string("a\0b", 3)}) {
    stage_.reset(domain_);
    EXPECT_EQ(publish(bad, "Told"), COMPOSABLE_E_MISUSE) << bad;
  }
  stage_.reset(domain_);
  EXPECT_EQ(publish(std::string(128, 'x'), "Told"), COMPOSABLE_OK);
}

TEST_F(Publishing, NeedsAnAction) {
  EXPECT_EQ(stage_.sink().publish(&stage_.sink(), abi_str("x"), nullptr), COMPOSABLE_E_MISUSE);
  EXPECT_EQ(stage_.fault(), "publish: no action, or one of an unknown type");
}

TEST_F(Publishing, IsTooLateAfterTheCommit) {
  EXPECT_EQ(stage_.sink().commit(&stage_.sink()), COMPOSABLE_OK);
  EXPECT_EQ(publish("x", "Told"), COMPOSABLE_E_MISUSE);
  EXPECT_EQ(stage_.fault(), "publish: after commit");
}

TEST_F(Publishing, IsBoundedLikeEveryEffect) {
  for (std::size_t n = 0; n < StagedEffects::kMaxEffects; ++n) publish("x", "Told");
  EXPECT_EQ(stage_.status(), COMPOSABLE_E_OVERLOADED);
}

}  // namespace
}  // namespace composable::host
