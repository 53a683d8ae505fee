#include "store/metric_cells.hpp"

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
  EXPECT_EQ(registry_.counter(kActionsTotal, {"probe", "Noted"}).value(), 2u);
  EXPECT_EQ(registry_.counter(kEffectsTotal, {"probe", "job"}).value(), 1u);
  EXPECT_EQ(registry_.counter(kEffectFailuresTotal, {"probe", "job"}).value(), 1u);
  EXPECT_EQ(registry_.counter(kEffectsTotal, {"probe", "load"}).value(), 0u);
}

TEST_F(MetricCellsTest, AnotherGenerationCountsOn) {
  const auto domain = probe();
  MetricCells cells(&registry_, "probe");
  cells.resolve(*domain);
  cells.add_applied(0);
  const std::string before = registry_.text();
  cells.resolve(*domain);
  cells.add_applied(0);
  EXPECT_EQ(registry_.counter(kActionsTotal, {"probe", domain->actions()[0].name}).value(), 2u);
  EXPECT_EQ(std::count(before.begin(), before.end(), '\n'),
            std::ranges::count(registry_.text(), '\n'));
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
