#include "store/metric_cells.hpp"

#include <thread>

#include "part_fixture.hpp"

namespace composable::host {
namespace {

class MetricCellsTest : public PartTest {
 protected:
  MetricsRegistry registry_;
};

TEST_F(MetricCellsTest, CountsByActionTypeAndEffect) {
  const auto domain = probe();
  MetricCells cells(&registry_, "probe");
  cells.resolve(*domain);
  const std::uint32_t noted = domain->find_action("Noted")->number;
  cells.add_applied(noted);
  cells.add_applied(noted);
  cells.add_started(StagedEffect::Kind::kJob);
  cells.add_failed(StagedEffect::Kind::kJob);
  EXPECT_EQ(registry_.value(kActionsTotal, {"probe", "Noted"}), 2u);
  EXPECT_EQ(registry_.value(kEffectsTotal, {"probe", "job"}), 1u);
  EXPECT_EQ(registry_.value(kEffectFailuresTotal, {"probe", "job"}), 1u);
  EXPECT_EQ(registry_.value(kEffectsTotal, {"probe", "load"}), 0u);
}

TEST_F(MetricCellsTest, AnotherGenerationCountsOn) {
  const auto domain = probe();
  MetricCells cells(&registry_, "probe");
  cells.resolve(*domain);
  cells.add_applied(0);
  const std::string before = registry_.text();
  cells.resolve(*domain);
  cells.add_applied(0);
  EXPECT_EQ(registry_.value(kActionsTotal, {"probe", domain->actions()[0].name}), 2u);
  EXPECT_EQ(std::count(before.begin(), before.end(), '\n'),
            std::ranges::count(registry_.text(), '\n'));
}

// As when a domain is removed while some of its work still ends, and is added again.
TEST_F(MetricCellsTest, TwoStoresOfOneNameLoseNothingOfWhatTheyCountTogether) {
  constexpr std::uint64_t kEach = 300'000;
  const auto count = [&] {
    MetricCells cells(&registry_, "probe");
    Counter& handled = cells.deliveries("handled");
    for (std::uint64_t n = 0; n < kEach; ++n) {
      cells.add_started(StagedEffect::Kind::kSend);
      handled.add_alone();
    }
  };
  std::thread first(count), second(count);
  first.join();
  second.join();
  EXPECT_EQ(registry_.value(kEffectsTotal, {"probe", "send"}), 2 * kEach);
  EXPECT_EQ(registry_.value(kTopicDeliveriesTotal, {"probe", "handled"}), 2 * kEach);
}

TEST_F(MetricCellsTest, TheNextStoreGoesOnWithTheCellsOfOneThatEnded) {
  { MetricCells(&registry_, "probe").deliveries("handled").add_alone(); }
  MetricCells next(&registry_, "probe");
  next.deliveries("handled").add_alone();
  EXPECT_EQ(registry_.value(kTopicDeliveriesTotal, {"probe", "handled"}), 2u);
}

TEST_F(MetricCellsTest, TheStoresOwnNumbersNeedNoRegistry) {
  const auto domain = probe();
  MetricCells cells(nullptr, "probe");
  cells.resolve(*domain);
  cells.add_applied(0);
  cells.add_decided();
  cells.add_started(StagedEffect::Kind::kSend);
  cells.add_started(StagedEffect::Kind::kLoad);
  cells.add_failed(StagedEffect::Kind::kLoad);
  cells.add_overloaded();
  cells.deliveries("handled").add();
  const StoreMetrics read = cells.read();
  EXPECT_EQ(read.actions_dispatched, 1u);
  EXPECT_EQ(read.effects_executed, 2u);
  EXPECT_EQ(read.effect_failures, 1u);
  EXPECT_EQ(read.refused_overloaded, 1u);
}

}  // namespace
}  // namespace composable::host
