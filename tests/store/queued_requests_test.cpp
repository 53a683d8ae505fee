#include "store/queued_requests.hpp"

#include "part_fixture.hpp"

namespace composable::host {
namespace {

class QueuedRequestsTest : public testing::Test {
 protected:
  QueuedRequests::Entry& add(KeptOutcome& waiter, std::int64_t deadline) {
    entries_.push_back(std::make_unique<QueuedRequests::Entry>());
    entries_.back()->waiter = &waiter;
    entries_.back()->deadline = deadline;
    queued_.add(*entries_.back());
    return *entries_.back();
  }

  QueuedRequests queued_;
  std::vector<std::unique_ptr<QueuedRequests::Entry>> entries_;
  KeptOutcome a_, b_, c_;
};

TEST_F(QueuedRequestsTest, OneWhoseTurnComesIsNotRefused) {
  QueuedRequests::Entry& entry = add(a_, 10);
  EXPECT_TRUE(queued_.take(entry));
  queued_.expire(20);
  EXPECT_EQ(a_.calls, 0);
}

TEST_F(QueuedRequestsTest, ThoseThatWaitedTooLongAreRefusedOnceAndNeverRun) {
  add(a_, 10);
  QueuedRequests::Entry& late = add(b_, 5);
  add(c_, 20);
  queued_.expire(5);
  EXPECT_EQ(a_.calls, 0);
  EXPECT_EQ(b_.refusal.status, 504);
  EXPECT_FALSE(queued_.take(late));
  queued_.expire(10);
  EXPECT_EQ(a_.calls, 1);
  EXPECT_EQ(b_.calls, 1);
  EXPECT_EQ(c_.calls, 0);
}

TEST_F(QueuedRequestsTest, AllAreRefusedAtTheEnd) {
  QueuedRequests::Entry& taken = add(a_, 10);
  add(b_, 10);
  add(c_, 10);
  EXPECT_TRUE(queued_.take(taken));
  queued_.refuse_all(unavailable("The host is shutting down"));
  EXPECT_EQ(a_.calls, 0);
  EXPECT_EQ(b_.refusal.message, "The host is shutting down");
  EXPECT_EQ(c_.calls, 1);
}

}  // namespace
}  // namespace composable::host
