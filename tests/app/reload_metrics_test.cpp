#include "app/reload_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace composable::host {
namespace {

using testing::HasSubstr;
using testing::Not;

GenerationRecord record(GenerationState state, std::string trigger = "change") {
  GenerationRecord record;
  record.domain = "orders";
  record.state = state;
  record.trigger = std::move(trigger);
  return record;
}

TEST(ReloadMetrics, CountWhatEndsSomething) {
  MetricsRegistry metrics;
  for (const auto state :
       {GenerationState::kCanary, GenerationState::kLoading, GenerationState::kDraining,
        GenerationState::kLive, GenerationState::kRefused}) {
    count_generation(record(state), metrics);
  }
  const std::string text = metrics.text();
  for (const char* state : {"live", "refused"}) {
    EXPECT_THAT(text, HasSubstr("composable_reloads_total{domain=\"orders\",result=\"" +
                                std::string(state) + "\"} 1"));
  }
  EXPECT_THAT(text, Not(HasSubstr("draining")));
}

TEST(ReloadMetrics, AStartIsNoReload) {
  MetricsRegistry metrics;
  count_generation(record(GenerationState::kLive, "start"), metrics);
  EXPECT_THAT(metrics.text(), Not(HasSubstr("composable_reloads_total{")));
}

TEST(ReloadMetrics, WhatHasNoNameYetIsUnknown) {
  MetricsRegistry metrics;
  GenerationRecord nameless = record(GenerationState::kRefused);
  nameless.domain = "";
  count_generation(nameless, metrics);
  EXPECT_THAT(metrics.text(), HasSubstr("domain=\"unknown\""));
}

}  // namespace
}  // namespace composable::host
