#include "store/feedback.hpp"

#include "part_fixture.hpp"

namespace composable::host {
namespace {

TEST(Feedback, KeepsItsOrderAndACountOfEachScope) {
  Feedback feedback;
  Scope a, b;
  feedback.put(1, "{}", a);
  feedback.put(2, "{}", b);
  EXPECT_EQ(feedback.size(), 2u);
  EXPECT_EQ(a.outstanding, 1u);
  const FeedbackItem first = feedback.take();
  EXPECT_EQ(first.type, 1u);
  EXPECT_EQ(first.scope, &a);
  EXPECT_EQ(a.outstanding, 1u) << "taking it leaves the count to the caller";
  EXPECT_EQ(feedback.take().type, 2u);
  EXPECT_TRUE(feedback.empty());
  EXPECT_EQ(feedback.size(), 0u);
}

TEST(Feedback, ADelayThatIsCancelledIsTakenBackBeforeItIsDecided) {
  RecordingEffects host;
  Feedback feedback;
  Cause& fired = host.causes.make();
  fired.fired_timer = "key";
  Cause& other = host.causes.make();
  other.fired_timer = "other";
  feedback.put(1, "{}", fired.root);
  feedback.put(2, "{}", other.root);
  feedback.cancel("key", host.causes);
  EXPECT_EQ(feedback.size(), 1u);
  EXPECT_EQ(feedback.take().type, 2u);
  host.causes.do_later();
  EXPECT_EQ(host.told, std::vector<std::string>{"settled"});
}

}  // namespace
}  // namespace composable::host
