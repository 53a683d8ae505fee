#include "store/mailbox.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace composable::host {
namespace {

// The thread inside runs what waits, until nothing may run.
void run_all(Mailbox& mailbox) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  do {
    mailbox.take()();
  } while (mailbox.next());
}

class MailboxTest : public testing::Test {
 protected:
  Mailbox::Work say(char what) {
    return [this, what] { said_ += what; };
  }

  Mailbox mailbox_;
  std::string said_;
};

TEST_F(MailboxTest, OneEntersAFreeDomainAndNobodyElseUntilItsItemHasEnded) {
  EXPECT_TRUE(mailbox_.try_enter());
  EXPECT_FALSE(mailbox_.try_enter());
  EXPECT_EQ(mailbox_.size(), 1u);
  EXPECT_FALSE(mailbox_.next());  // nothing was left in the queue
  EXPECT_EQ(mailbox_.size(), 0u);
  EXPECT_TRUE(mailbox_.try_enter());
}

TEST_F(MailboxTest, WhoPutsIntoAFreeDomainIsTheOneWhoMustRunIt) {
  EXPECT_TRUE(mailbox_.put(say('a')));
  EXPECT_FALSE(mailbox_.put(say('b')));
  EXPECT_FALSE(mailbox_.put_urgent(say('u')));
  EXPECT_FALSE(mailbox_.try_enter());
  run_all(mailbox_);
  EXPECT_EQ(said_, "uab");
  EXPECT_TRUE(mailbox_.put_urgent(say('v')));
  run_all(mailbox_);
  EXPECT_EQ(said_, "uabv");
}

TEST_F(MailboxTest, WhatIsLeftWhileSomebodyIsInsideIsRunByThatOne) {
  ASSERT_TRUE(mailbox_.try_enter());
  EXPECT_FALSE(mailbox_.put(say('a')));
  EXPECT_TRUE(mailbox_.next());
  run_all(mailbox_);
  EXPECT_EQ(said_, "a");
  EXPECT_EQ(mailbox_.size(), 0u);
}

TEST_F(MailboxTest, UrgentWorkComesBeforeAllThatWaitsAndKeepsItsOwnOrder) {
  mailbox_.put(say('a'));
  mailbox_.put_urgent(say('1'));
  mailbox_.put(say('b'));
  mailbox_.put_urgent(say('2'));
  run_all(mailbox_);
  EXPECT_EQ(said_, "12ab");
}

TEST_F(MailboxTest, UrgentWorkIsTakenInTheMiddleOfAnItemAsAPartOfIt) {
  ASSERT_TRUE(mailbox_.try_enter());
  EXPECT_FALSE(mailbox_.has_urgent());
  mailbox_.put(say('a'));
  mailbox_.put_urgent(say('u'));
  EXPECT_TRUE(mailbox_.has_urgent());
  mailbox_.take_urgent()();
  EXPECT_FALSE(mailbox_.has_urgent());
  EXPECT_EQ(said_, "u");
  EXPECT_EQ(mailbox_.size(), 2u);  // this item and the one that waits
  EXPECT_TRUE(mailbox_.next());
  run_all(mailbox_);
  EXPECT_EQ(said_, "ua");
}

TEST_F(MailboxTest, OnlyUrgentWorkRunsWhilePausedAndNobodyEnters) {
  ASSERT_TRUE(mailbox_.try_enter());
  mailbox_.pause();
  EXPECT_TRUE(mailbox_.paused());
  mailbox_.put(say('a'));
  mailbox_.put_urgent(say('1'));
  ASSERT_TRUE(mailbox_.next());  // the urgent one may run
  mailbox_.take()();
  EXPECT_FALSE(mailbox_.next());  // what waits may not
  EXPECT_EQ(said_, "1");
  EXPECT_FALSE(mailbox_.try_enter());
  EXPECT_FALSE(mailbox_.put(say('b')));

  // No thread is inside, so the thread that brings urgent work must run it.
  EXPECT_TRUE(mailbox_.put_urgent([this] {
    said_ += '2';
    mailbox_.resume();
  }));
  EXPECT_FALSE(mailbox_.put_urgent(say('3')));  // once
  run_all(mailbox_);
  EXPECT_EQ(said_, "123ab");
  EXPECT_EQ(mailbox_.size(), 0u);
  EXPECT_TRUE(mailbox_.try_enter());
}

TEST_F(MailboxTest, PausingAndResumingTwiceIsAsOnce) {
  ASSERT_TRUE(mailbox_.try_enter());
  mailbox_.pause();
  mailbox_.pause();
  EXPECT_EQ(mailbox_.size(), 2u);
  mailbox_.resume();
  mailbox_.resume();
  EXPECT_EQ(mailbox_.size(), 1u);
  EXPECT_FALSE(mailbox_.paused());
  EXPECT_FALSE(mailbox_.next());
  EXPECT_TRUE(mailbox_.try_enter());
}

TEST_F(MailboxTest, APauseThatEndsBeforeItsItemDoesKeepsNothingBack) {
  ASSERT_TRUE(mailbox_.try_enter());
  mailbox_.pause();
  mailbox_.put(say('a'));
  mailbox_.resume();
  EXPECT_TRUE(mailbox_.next());
  run_all(mailbox_);
  EXPECT_EQ(said_, "a");
}

// What each of the threads below has seen. Only the thread inside writes it.
struct Inside {
  std::atomic<int> now{0};
  std::vector<int> last;  // by thread
  int items = 0, urgent = 0;

  void enter() { EXPECT_EQ(now.fetch_add(1), 0) << "two are inside"; }
  void leave() { now.fetch_sub(1); }
};

TEST(MailboxThreads, ExactlyOneIsInsideAndEachThreadsItemsKeepTheirOrderOverEveryPause) {
  constexpr int kThreads = 4, kEach = 20'000;
  Mailbox mailbox;
  Inside inside;
  inside.last.assign(kThreads, -1);
  const auto item = [&](int thread, int n) {
    inside.enter();
    EXPECT_EQ(inside.last[thread], n - 1);
    inside.last[thread] = n;
    ++inside.items;
    if (n % 50 == 7) mailbox.pause();
    inside.leave();
  };
  const auto urgent = [&] {
    inside.enter();
    ++inside.urgent;
    mailbox.resume();
    inside.leave();
  };
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      for (int n = 0; n < kEach; ++n) {
        if (mailbox.put([&, thread, n] { item(thread, n); })) run_all(mailbox);
        if (n % 5 == 0 && mailbox.put_urgent(urgent)) run_all(mailbox);
        if (n % 7 == 0 && mailbox.try_enter()) {
          inside.enter();
          inside.leave();
          if (mailbox.next()) run_all(mailbox);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // The last may have left it paused.
  if (mailbox.put_urgent(urgent)) run_all(mailbox);
  while (inside.items < kThreads * kEach && mailbox.put_urgent(urgent)) run_all(mailbox);
  EXPECT_EQ(inside.items, kThreads * kEach);
  EXPECT_GE(inside.urgent, kThreads * kEach / 5);
  EXPECT_EQ(inside.last, std::vector<int>(kThreads, kEach - 1));
}

}  // namespace
}  // namespace composable::host
