#include "store/store_status.hpp"

#include <chrono>
#include <thread>

#include "part_fixture.hpp"

namespace composable::host {
namespace {

class StoreStatusTest : public PartTest {
 protected:
  std::shared_ptr<DomainHandle> domain_ = probe();
  StoreStatus status_{"probe", domain_};
};

TEST_F(StoreStatusTest, ADomainIsClosedUntilItServes) {
  EXPECT_FALSE(status_.open());
  EXPECT_EQ(status_.closed().message, "The domain probe is starting");
  status_.serve();
  EXPECT_TRUE(status_.open());
  EXPECT_TRUE(status_.health(0).serving);
}

TEST_F(StoreStatusTest, AHaltSaysWhyUntilAnotherGenerationServes) {
  status_.serve();
  status_.halt("evolve failed");
  EXPECT_FALSE(status_.open());
  EXPECT_EQ(status_.closed().status, 503);
  EXPECT_EQ(status_.closed().message, "The domain probe is halted until it is reloaded");
  EXPECT_EQ(status_.closed().retry_after_s, 5u);
  EXPECT_EQ(status_.health(0).reason, "evolve failed");
  EXPECT_FALSE(status_.health(0).serving);
  const auto next = probe();
  status_.show(next);
  EXPECT_TRUE(status_.open());
  EXPECT_EQ(status_.domain(), next);
  EXPECT_EQ(status_.health(0).reason, "");
}

TEST_F(StoreStatusTest, WhatPassesIsNoHalt) {
  status_.serve();
  status_.recover("a commit failed");
  EXPECT_TRUE(status_.open());
  EXPECT_TRUE(status_.health(0).recovering);
  EXPECT_EQ(status_.health(0).reason, "a commit failed");
  status_.recovered();
  EXPECT_FALSE(status_.health(0).recovering);
  EXPECT_EQ(status_.health(0).reason, "");
}

TEST_F(StoreStatusTest, TheReasonOfAHaltSurvivesARecovery) {
  status_.recover("a commit failed");
  status_.halt("evolve failed at position 7");
  status_.recovered();
  EXPECT_EQ(status_.health(0).reason, "evolve failed at position 7");
}

TEST_F(StoreStatusTest, ARefusedCommandIsNamedUntilItsTimeIsOver) {
  status_.refuse("Spoil", 5'000'000);
  ASSERT_EQ(status_.health(1'500'000).refused.size(), 1u);
  EXPECT_EQ(status_.health(1'500'000).refused[0].command, "Spoil");
  EXPECT_EQ(status_.health(1'500'000).refused[0].seconds, 4);
  EXPECT_TRUE(status_.health(5'000'000).refused.empty());
  status_.show(domain_);
  EXPECT_TRUE(status_.health(0).refused.empty());
}

TEST_F(StoreStatusTest, TheFirstReasonOfAShutdownIsTold) {
  status_.serve();
  status_.shut_down("The host is shutting down");
  status_.shut_down("something else");
  EXPECT_EQ(status_.closed().message, "The host is shutting down");
  EXPECT_TRUE(status_.shutting_down());
}

TEST_F(StoreStatusTest, WhoWaitsForIdleIsWoken) {
  status_.wait_until_idle(0);  // does not wait
  std::thread waits([&] { status_.wait_until_idle(60'000'000); });
  status_.note_idle();
  waits.join();
}

}  // namespace
}  // namespace composable::host
