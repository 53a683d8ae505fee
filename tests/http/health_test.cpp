#include "http/health.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

TEST(HealthTest, ListsTheDomainsWithoutReasons) {
  HealthReport report;
  EXPECT_EQ(health_body(report), R"({"status":"ok","domains":{}})");
  report.domains = {{"orders", HealthLevel::kHealthy}, {"counter", HealthLevel::kDegraded}};
  report.overall = HealthLevel::kDegraded;
  EXPECT_EQ(health_body(report),
            R"({"status":"degraded","domains":{"orders":"healthy","counter":"degraded"}})");
  report.overall = report.domains[0].level = HealthLevel::kUnhealthy;
  EXPECT_EQ(health_body(report),
            R"({"status":"unhealthy","domains":{"orders":"unhealthy","counter":"degraded"}})");
}

}  // namespace
}  // namespace composable::host
