#include "store/ending.hpp"

#include "part_fixture.hpp"

namespace composable::host {
namespace {

class EndingTest : public PartTest {
 protected:
  Fact fact(std::string_view type, const std::string& json) {
    return {{domain_->find_action(type)->number, COMPOSABLE_FORM_JSON, json.data(), json.size()},
            "s",
            7};
  }

  std::shared_ptr<DomainHandle> domain_ = probe();
  Cause cause_;
  Ending ending_;
};

TEST_F(EndingTest, AnEventThatNobodyNamedEndsNothing) {
  EXPECT_FALSE(ends_wait(*domain_, fact("Noted", "{\"text\":\"a\"}"), cause_, ending_));
}

TEST_F(EndingTest, ARejectionEndsAnyWaitOfARoute) {
  const std::string json = "{\"reason\":\"no\"}";
  ASSERT_TRUE(ends_wait(*domain_, fact("Refused", json), cause_, ending_));
  EXPECT_EQ(ending_.outcome.kind, Outcome::Kind::kRefused);
  EXPECT_EQ(ending_.refusal.status, domain_->find_action("Refused")->status);
  EXPECT_EQ(ending_.refusal.code, domain_->find_action("Refused")->code);
}

TEST_F(EndingTest, WhatAMatchAcceptsEndsItsWait) {
  const Match match = [](std::string_view type, std::string_view data) {
    return type == "Noted" && data == "{\"text\":\"a\"}";
  };
  cause_.match = &match;
  EXPECT_FALSE(ends_wait(*domain_, fact("Noted", "{\"text\":\"b\"}"), cause_, ending_));
  EXPECT_FALSE(ends_wait(*domain_, fact("Refused", "{\"reason\":\"no\"}"), cause_, ending_));
  ASSERT_TRUE(ends_wait(*domain_, fact("Noted", "{\"text\":\"a\"}"), cause_, ending_));
  EXPECT_EQ(ending_.outcome.kind, Outcome::Kind::kMatched);
  EXPECT_EQ(ending_.outcome.position, 7u);
}

}  // namespace
}  // namespace composable::host
