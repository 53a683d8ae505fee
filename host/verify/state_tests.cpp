// The tests of a state on its way from one build to the next: what is exported is imported, and
// nothing else.
#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "verify/command_generator.hpp"
#include "verify/test_list.hpp"

namespace composable::host {
namespace {

constexpr std::uint64_t kCommands = 200;
constexpr int kCuts = 40;
constexpr std::uint32_t kUnknownSchema = 0xfffffffe;

bool same_bytes_in_other_order(std::string a, std::string b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

std::string exported(const DomainDriver& driver) {
  std::string bytes;
  CallError error;
  if (driver.export_state(bytes, error) >= 0) return bytes;
  fail(absl::StrFormat("export_state: %s; a state that evolve has made must be writable",
                       error_text(error)));
}

// Into a state that was just made, as the next build would.
composable_status imported(PluginUnderTest& tested, const LoadedPlugin& plugin,
                           std::uint32_t schema, std::string_view bytes) {
  DomainDriver fresh(tested, plugin);
  CallError error;
  const composable_status status = fresh.import_state(schema, bytes, error);
  check_status("import_state", status, error);
  return status;
}

void demand_refusals(PluginUnderTest& tested, const LoadedPlugin& plugin, const std::string& good) {
  const std::uint32_t schema = plugin.domain().state_schema();
  for (const std::string_view garbage : {"\xff\xfe no state", "", "{\"a\":"}) {
    if (imported(tested, plugin, schema, garbage) < 0) continue;
    fail(
        absl::StrFormat("import_state: it took the bytes \"%s\" for a state; refuse them with "
                        "COMPOSABLE_E_INVALID, or a damaged state would serve",
                        garbage));
  }
  if (imported(tested, plugin, kUnknownSchema, good) >= 0) {
    fail(absl::StrFormat(
        "import_state: it took a state of schema %d, which is unknown; refuse what it does "
        "not know with COMPOSABLE_E_UNSUPPORTED",
        kUnknownSchema));
  }
  SeededRng rng(tested.seed());
  for (int n = 0; n < kCuts && !good.empty(); ++n) {
    imported(tested, plugin, schema, good.substr(0, rng.below(good.size())));
  }
}

}  // namespace

void test_state(PluginUnderTest& tested) {
  const LoadedPlugin plugin = tested.load();
  if (!plugin.domain().can_export()) {
    if (plugin.domain().durable()) skip("the state of a durable domain is made of the log");
    if (plugin.domain().resets()) skip("the domain declares that its state may be lost");
    warn(
        "composable.reload/1: an ephemeral domain that neither exports its state nor says that it "
        "may be lost is not reloaded; do one of both");
  }
  DomainDriver lived(tested, plugin);
  CommandGenerator generator(lived.domain().tables(), tested.seed());
  for (std::uint64_t n = 0; n < kCommands; ++n) {
    const auto command = generator.next();
    if (!command) break;
    const Decision decision = lived.carry_out(*command, n);
    if (!decision.evolve_error.empty()) break;  // for evolve-replay
    generator.learn(*command, decision);
  }
  const std::string first = exported(lived);
  if (exported(lived) != first) {
    fail("export_state: asked twice it wrote different bytes; it must not change the state");
  }

  DomainDriver next(tested, plugin);
  CallError error;
  const composable_status status = next.import_state(plugin.domain().state_schema(), first, error);
  check_status("import_state", status, error);
  if (status < 0) {
    fail(absl::StrFormat("import_state: it refuses what export_state wrote: %s; make both agree",
                         error_text(error)));
  }
  const std::string second = exported(next);
  demand_refusals(tested, plugin, first);
  if (second == first) return;
  const std::string found =
      absl::StrFormat("exported, imported and exported again it is %s instead of %s",
                      in_a_line(second), in_a_line(first));
  if (!same_bytes_in_other_order(first, second)) {
    fail(absl::StrFormat("export_state: %s; import all that was exported", found));
  }
  warn(absl::StrFormat("export_state: %s; a fixed order would show what is lost", found));
}

}  // namespace composable::host
