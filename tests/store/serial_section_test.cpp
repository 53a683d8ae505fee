#include "store/serial_section.hpp"

#include <atomic>
#include <thread>

#include "part_fixture.hpp"

namespace composable::host {
namespace {

class SerialSectionTest : public PartTest {};

TEST_F(SerialSectionTest, WhoFindsItFreeIsInside) {
  ASSERT_TRUE(section_.try_enter());
  EXPECT_FALSE(section_.try_enter());
  section_.drain();
  EXPECT_TRUE(section_.try_enter());
  section_.drain();
}

TEST_F(SerialSectionTest, WhatComesMeanwhileRunsInItsOrder) {
  std::string ran;
  ASSERT_TRUE(section_.try_enter());
  section_.post([&] { ran += 'a'; });
  section_.post([&] { ran += 'b'; });
  loop_.run();
  EXPECT_EQ(ran, "");
  section_.drain();
  EXPECT_EQ(ran, "ab");
}

TEST_F(SerialSectionTest, UrgentWorkOvertakesWhatWaits) {
  std::string ran;
  ASSERT_TRUE(section_.try_enter());
  section_.post([&] { ran += 'a'; });
  section_.post_urgent([&] { ran += 'u'; });
  section_.drain();
  EXPECT_EQ(ran, "ua");
}

TEST_F(SerialSectionTest, OnlyUrgentWorkRunsWhileItIsPaused) {
  std::string ran;
  ASSERT_TRUE(section_.try_enter());
  section_.pause();
  section_.post([&] { ran += 'a'; });
  section_.drain();
  EXPECT_FALSE(section_.try_enter());
  section_.post_urgent([&] { ran += 'u'; });
  loop_.run();
  EXPECT_EQ(ran, "u");
  section_.post_urgent([&] {
    assert_serial();
    section_.resume();
  });
  loop_.run();
  EXPECT_EQ(ran, "ua");
  EXPECT_TRUE(section_.try_enter());
  section_.drain();
}

TEST_F(SerialSectionTest, ATurnThatTakesTooManyItemsHandsOver) {
  int ran = 0;
  ASSERT_TRUE(section_.try_enter());
  for (int n = 0; n < 100; ++n) section_.post([&] { ++ran; });
  section_.drain();
  EXPECT_LT(ran, 100);
  EXPECT_EQ(resident_.told, Texts{"yielded"});
  loop_.run();
  EXPECT_EQ(ran, 100);
}

TEST_F(SerialSectionTest, ATurnThatTakesTooLongHandsOver) {
  int ran = 0;
  ASSERT_TRUE(section_.try_enter());
  for (int n = 0; n < 60; ++n) {
    section_.post([&] {
      ++ran;
      clock_.advance(100);
    });
  }
  section_.drain();
  EXPECT_LT(ran, 20);
  loop_.run();
  EXPECT_EQ(ran, 60);
}

TEST_F(SerialSectionTest, AThreadThatRunsInsideWaitsForWhoIsInside) {
  std::atomic<bool> ran{false};
  ASSERT_TRUE(section_.try_enter());
  std::thread other([&] { EXPECT_TRUE(section_.run_inside([&] { ran = true; })); });
  while (section_.size() < 2) std::this_thread::yield();
  EXPECT_FALSE(ran);
  section_.drain();
  EXPECT_TRUE(loop_.run_until([&] { return ran.load(); }));
  other.join();
  loop_.run();
  EXPECT_TRUE(section_.try_enter());
  section_.drain();
}

TEST_F(SerialSectionTest, AThreadThatAPausedSectionDoesNotLetInGivesUp) {
  ASSERT_TRUE(section_.try_enter());
  section_.pause();
  section_.drain();
  bool ran = false;
  EXPECT_FALSE(section_.run_inside([&] { ran = true; }, std::chrono::milliseconds(1)));
  section_.post_urgent([&] { section_.resume(); });
  loop_.run();
  EXPECT_FALSE(ran) << "it was withdrawn";
  EXPECT_TRUE(section_.run_inside([&] { ran = true; }));
  EXPECT_TRUE(ran);
}

TEST_F(SerialSectionTest, NobodyIsInsideTwice) {
  std::atomic<int> inside{0}, worst{0}, ran{0};
  const auto work = [&] {
    const int now = ++inside;
    int seen = worst.load();
    while (seen < now && !worst.compare_exchange_weak(seen, now)) {
    }
    ++ran;
    --inside;
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int n = 0; n < 500; ++n) EXPECT_TRUE(section_.run_inside(work));
    });
  }
  EXPECT_TRUE(loop_.run_until([&] { return ran.load() == 2000; }));
  for (std::thread& thread : threads) thread.join();
  loop_.run();
  EXPECT_EQ(worst, 1);
}

TEST_F(SerialSectionTest, WorkForLaterIsDroppedWhenNobodyIsThereAnyMore) {
  int ran = 0;
  section_.post_urgent_after(1000, [&] { ++ran; });
  loop_.advance(999);
  EXPECT_EQ(ran, 0);
  loop_.advance(1);
  EXPECT_EQ(ran, 1);
  section_.post_urgent_after(1000, [&] { ++ran; });
  resident_.alive.reset();
  loop_.advance(1000);
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace composable::host
