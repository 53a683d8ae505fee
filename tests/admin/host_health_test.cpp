#include "admin/host_health.hpp"

#include <gtest/gtest.h>

#include "events/memory/event_store.hpp"
#include "runtime/clock.hpp"

namespace composable::host {
namespace {

class HostHealthTest : public testing::Test {
 protected:
  SystemClock clock_;
  MemoryEventStore events_{clock_};
  ServedDomains served_;
  HostHealth health_{events_, served_};
};

TEST_F(HostHealthTest, IsStartingUntilTheStatesAreThere) {
  EXPECT_EQ(health_.readiness(), Readiness::kStarting);
  health_.replayed();
  EXPECT_EQ(health_.readiness(), Readiness::kReady);
}

TEST_F(HostHealthTest, IsNotReadyWithoutItsLog) {
  health_.replayed();
  events_.shutdown();
  EXPECT_EQ(health_.readiness(), Readiness::kStoreUnavailable);
  EXPECT_EQ(health_.report().overall, HealthLevel::kDegraded);
}

TEST_F(HostHealthTest, WithoutAnyDomainIsHealthy) {
  EXPECT_EQ(health_.report().overall, HealthLevel::kHealthy);
}

TEST_F(HostHealthTest, IsUnhealthyWhenEveryDomainIsAway) {
  health_.set_unavailable(
      {{"orders", "its plugin could not be loaded", "orders.so: no such symbol"}});
  const HealthReport report = health_.report();
  EXPECT_EQ(report.overall, HealthLevel::kUnhealthy);
  ASSERT_EQ(report.domains.size(), 1u);
  EXPECT_EQ(report.domains[0].name, "orders");
  EXPECT_EQ(report.domains[0].level, HealthLevel::kUnhealthy);
  ASSERT_EQ(health_.unavailable().size(), 1u);
}

}  // namespace
}  // namespace composable::host
