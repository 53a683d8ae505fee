#include "observe/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace composable::host {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, ACounterIsShownWithItsLabels) {
  MetricsRegistry registry;
  registry.counter(kActionsTotal, {"orders", "OrderPlaced"}).add(3);
  EXPECT_EQ(registry.text(),
            "# HELP composable_actions_total Actions that a domain has applied.\n"
            "# TYPE composable_actions_total counter\n"
            "composable_actions_total{domain=\"orders\",action=\"OrderPlaced\"} 3\n");
}

TEST(Metrics, TheSameLabelsAreTheSameCell) {
  MetricsRegistry registry;
  Counter& first = registry.counter(kWsMessagesTotal, {"in"});
  EXPECT_EQ(&first, &registry.counter(kWsMessagesTotal, {"in"}));
  EXPECT_NE(&first, &registry.counter(kWsMessagesTotal, {"out"}));
  EXPECT_NE(&first, &registry.counter(kWsMessagesTotal, {"in"}, 1));
}

TEST(Metrics, ShardsAreSummed) {
  MetricsRegistry registry;
  registry.counter(kWsMessagesTotal, {"in"}, 0).add(2);
  registry.counter(kWsMessagesTotal, {"in"}, 1).add_alone(3);
  registry.gauge(kWsConnections, {}, 0).set(10);
  registry.gauge(kWsConnections, {}, 1).add(-4);
  EXPECT_THAT(registry.text(), HasSubstr("composable_ws_messages_total{direction=\"in\"} 5\n"));
  EXPECT_THAT(registry.text(), HasSubstr("composable_ws_connections 6\n"));
}

TEST(Metrics, AHistogramCountsUpToEachBoundInSeconds) {
  MetricsRegistry registry;
  Histogram& histogram = registry.histogram(kReducerDuration, {"orders"});
  histogram.record(50);  // on the bound belongs below it
  histogram.record(51);
  histogram.record(1'000'000'000);
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_EQ(histogram.sum(), 1'000'000'101u);
  const std::string text = registry.text();
  const std::string name = "composable_reducer_duration_seconds";
  EXPECT_THAT(text, HasSubstr("# TYPE " + name + " histogram\n"));
  EXPECT_THAT(text, HasSubstr(name + "_count{domain=\"orders\"} 3\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket{domain=\"orders\",le=\"+Inf\"} 3\n"));
  const auto bucket = [&](std::string_view bound, int count) {
    return name + "_bucket{domain=\"orders\",le=\"" + std::string(bound) + "\"} " +
           std::to_string(count) + "\n";
  };
  EXPECT_THAT(text, HasSubstr(bucket("1e-07", 2)));
  EXPECT_THAT(text, HasSubstr(bucket("0.1", 2)));
}

TEST(Metrics, ALabelHasABoundedNumberOfValues) {
  MetricsRegistry registry;
  for (int i = 0; i < 200; ++i) {
    registry.counter(kActionsTotal, {"orders", "Action" + std::to_string(i)}).add();
  }
  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("action=\"Action127\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("action=\"Action128\"")));
  EXPECT_THAT(text, HasSubstr("action=\"other\"} 72\n"));
}

TEST(Metrics, AFamilyHasABoundedNumberOfSeries) {
  MetricsRegistry registry;
  for (int method = 0; method < 20; ++method) {
    for (int route = 0; route < 120; ++route) {
      registry
          .counter(kHttpRequestsTotal,
                   {"M" + std::to_string(method), "/r" + std::to_string(route), "200"})
          .add();
    }
  }
  EXPECT_THAT(registry.text(),
              HasSubstr("{method=\"other\",route=\"other\",status=\"other\"} 352"));
}

TEST(Metrics, ALongLabelValueIsOther) {
  MetricsRegistry registry;
  registry.counter(kWsMessagesTotal, {std::string(129, 'x')}).add();
  EXPECT_THAT(registry.text(), HasSubstr("{direction=\"other\"} 1\n"));
}

TEST(Metrics, ALabelValueCannotForgeALine) {
  MetricsRegistry registry;
  registry.counter(kWsMessagesTotal, {"in\"} 9\nfake_total 1"}).add();
  EXPECT_THAT(registry.text(), HasSubstr(R"({direction="in\"} 9\nfake_total 1"} 1)"));
}

TEST(Metrics, ThreadsLoseNoCount) {
  MetricsRegistry registry;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&registry] {
      Counter& counter = registry.counter(kWsLaggedTotal);
      for (int i = 0; i < 10'000; ++i) counter.add();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(registry.counter(kWsLaggedTotal).value(), 40'000u);
}

}  // namespace
}  // namespace composable::host
