#include "verify/command_generator.hpp"

#include <gmock/gmock.h>

#include <set>

#include "verify/plugin_task.hpp"

namespace composable::host {
namespace {

using testing::IsSupersetOf;

// The names of all that happens in `commands` commands of a generator for the plugin.
std::set<std::string> happens(const char* file, std::uint64_t commands) {
  const ScratchDirectory directory;
  const auto run = RunDirectory::open(directory.path());
  ChildProgress progress{};
  PluginUnderTest tested(file, "{}", 1, **run, progress);
  const LoadedPlugin plugin = tested.load();
  DomainDriver driver(tested, plugin);
  CommandGenerator generator(driver.domain().tables(), tested.seed());
  std::set<std::string> names;
  for (std::uint64_t n = 0; n < commands; ++n) {
    const auto command = generator.next();
    const Decision decision = driver.carry_out(*command, n);
    EXPECT_EQ(decision.fault, "");
    for (const EmittedEvent& event : decision.events) {
      names.insert(driver.domain().actions()[event.type].name);
    }
    generator.learn(*command, decision);
  }
  return names;
}

TEST(CommandGenerator, LeadsOrdersThroughEverythingThatCanHappenToThem) {
  EXPECT_THAT(happens(ORDERS_PLUGIN, 300),
              IsSupersetOf({"OrderPlaced", "OrderCancelled", "OrderShipped", "OrderNotFound",
                            "InvalidOrderState", "OrderValidationFailed"}));
}

TEST(CommandGenerator, LeadsTheCounterUpAndDownAndOutOfRange) {
  EXPECT_THAT(happens(COUNTER_PLUGIN, 100),
              IsSupersetOf({"Incremented", "Decremented", "WasReset", "OutOfRange"}));
}

}  // namespace
}  // namespace composable::host
