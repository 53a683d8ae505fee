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
  const FedBack first = feedback.take();
  EXPECT_EQ(first.type, 1u);
  EXPECT_EQ(first.scope, &a);
  EXPECT_EQ(a.outstanding, 1u) << "who takes it gives the count back";
  EXPECT_EQ(feedback.take().type, 2u);
  EXPECT_TRUE(feedback.empty());
  EXPECT_EQ(feedback.size(), 0u);
}

}  // namespace
}  // namespace composable::host
