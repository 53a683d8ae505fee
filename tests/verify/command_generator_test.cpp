#include "verify/command_generator.hpp"

#include <gmock/gmock.h>

#include <set>

#include "verify/plugin_task.hpp"

namespace composable::host {
namespace {

using testing::IsSupersetOf;

// The names of all that happens in `commands` commands of a script for the plugin.
std::set<std::string> happens(const char* file, std::uint64_t commands) {
  const ScratchDirectory directory;
  const auto run = RunDirectory::open(directory.path());
  CanaryProgress progress{};
  Subject subject(file, "{}", 1, **run, progress);
  const LoadedPlugin plugin = subject.load();
  Rehearsal rehearsal(subject, plugin);
  Script script(rehearsal.domain().tables(), subject.seed());
  std::set<std::string> names;
  for (std::uint64_t n = 0; n < commands; ++n) {
    const auto command = script.next();
    const Said said = rehearsal.carry_out(*command, n);
    EXPECT_EQ(said.fault, "");
    for (const Happened& event : said.happened) {
      names.insert(rehearsal.domain().actions()[event.type].name);
    }
    script.heed(*command, said);
  }
  return names;
}

TEST(Script, LeadsOrdersThroughEverythingThatCanHappenToThem) {
  EXPECT_THAT(happens(ORDERS_PLUGIN, 300),
              IsSupersetOf({"OrderPlaced", "OrderCancelled", "OrderShipped", "OrderNotFound",
                            "InvalidOrderState", "OrderValidationFailed"}));
}

TEST(Script, LeadsTheCounterUpAndDownAndOutOfRange) {
  EXPECT_THAT(happens(COUNTER_PLUGIN, 100),
              IsSupersetOf({"Incremented", "Decremented", "WasReset", "OutOfRange"}));
}

}  // namespace
}  // namespace composable::host
