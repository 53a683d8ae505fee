// The reducer: that decide is a function of its arguments, and that what it emits makes the state
// again.
#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_format.h"
#include "domain/schema_shape.hpp"
#include "verify/command_generator.hpp"
#include "verify/route_requests.hpp"
#include "verify/test_list.hpp"

namespace composable::host {
namespace {

constexpr std::uint64_t kCommands = 300;

[[noreturn]] void no_commands() {
  skip("no command has a schema to make one from; declare the fields of the actions");
}

// The first line in which two decisions differ.
std::string difference(const std::string& a, const std::string& b) {
  std::size_t from = 0;
  while (from < a.size() && from < b.size() && a[from] == b[from]) ++from;
  from = from == 0 ? 0 : a.rfind('\n', from - 1) + 1;
  const auto line = [from](const std::string& text) {
    const std::string one = text.substr(from, text.find('\n', from) - from);
    return one.empty() ? std::string("nothing") : '"' + in_a_line(one) + '"';
  };
  return absl::StrFormat("first %s, then %s", line(a), line(b));
}

std::string what_was_asked(const DomainDriver& driver, const Command& command) {
  return absl::StrFormat("%s with %s", driver.what("decide", command.type),
                         in_a_line(command.json));
}

// Puts `types`, which no client sends, between commands, on two states with one history. `sender`
// is what sends them.
void decide_inputs(PluginUnderTest& tested, const LoadedPlugin& plugin,
                   const std::vector<std::uint32_t>& types, std::string_view sender) {
  DomainDriver first(tested, plugin), second(tested, plugin);
  const DomainTables& domain = first.domain().tables();
  CommandGenerator generator(domain, tested.seed());
  std::string threw;
  for (std::uint64_t n = 0; n < kCommands; ++n) {
    std::optional<Command> command;
    if (n % 2 == 0) command = generator.next();
    const bool is_a_clients = command.has_value();
    if (!command) {
      const std::uint32_t type = types[generator.payloads().rng().below(types.size())];
      command = Command{type, generator.payloads().payload(*usable_schema(domain.actions()[type]))};
    }
    const Decision asked = first.decide(*command, n);
    const Decision done = first.carry_out(*command, n);
    const Decision elsewhere = second.carry_out(*command, n);
    const std::string what = what_was_asked(first, *command);
    const bool is_good = done.fault.empty() && done.evolve_error.empty() &&
                         asked.text == done.text && done.text == elsewhere.text;
    if (is_a_clients && !is_good) break;  // for the tests of commands
    if (!done.fault.empty() && done.status != COMPOSABLE_E_OVERLOADED) {
      fail(absl::StrFormat("%s: %s; it comes from %s, ignore what does not fit the state", what,
                           done.fault, sender));
    }
    if (asked.text != done.text || done.text != elsewhere.text) {
      fail(
          absl::StrFormat("%s: called again it decided differently, %s; let decide depend on "
                          "state and context alone",
                          what,
                          asked.text != done.text ? difference(asked.text, done.text)
                                                  : difference(done.text, elsewhere.text)));
    }
    if (!done.evolve_error.empty()) {
      fail(absl::StrFormat("%s: %s; what decide emits must evolve, or the domain halts", what,
                           done.evolve_error));
    }
    if (done.status == COMPOSABLE_E_EXCEPTION && threw.empty()) {
      threw = absl::StrFormat("%s threw: %s; it comes from %s, ignore what does not fit the state",
                              what, error_text(done.error), sender);
    }
    generator.learn(*command, done);
  }
  if (!threw.empty()) warn(threw);
}

}  // namespace

// What jobs, delays and the domain itself send may come late, so that any state may have to take
// it. What comes on a topic is tried by test_topics().
void test_internal(PluginUnderTest& tested) {
  const LoadedPlugin plugin = tested.load();
  std::vector<std::uint32_t> types;
  bool any = false;
  const std::vector<TopicSubscription>& topics = plugin.domain().tables().topics();
  for (const ActionType& action : plugin.domain().tables().actions()) {
    const bool of_topic =
        std::any_of(topics.begin(), topics.end(),
                    [&](const TopicSubscription& topic) { return topic.action == action.number; });
    if (action.action_class != COMPOSABLE_CLASS_INTERNAL || of_topic) continue;
    any = true;
    if (usable_schema(action) != nullptr) types.push_back(action.number);
  }
  if (!any) skip("the domain has no internal actions, or on topics only");
  if (types.empty()) skip("no internal action has a schema to make one from");
  decide_inputs(tested, plugin, types, "a job, a delay or the domain itself");
}

void test_topics(PluginUnderTest& tested) {
  const LoadedPlugin plugin = tested.load();
  const DomainTables& domain = plugin.domain().tables();
  if (domain.topics().empty()) skip("the domain listens to no topic");
  std::vector<std::uint32_t> types;
  for (const TopicSubscription& topic : domain.topics()) {
    if (usable_schema(domain.actions()[topic.action]) != nullptr) types.push_back(topic.action);
  }
  if (types.empty()) skip("no action of a topic has a schema to make one from");
  decide_inputs(tested, plugin, types, "another domain");
}

void test_effects(PluginUnderTest& tested) {
  const LoadedPlugin plugin = tested.load();
  DomainDriver driver(tested, plugin);
  CommandGenerator generator(driver.domain().tables(), tested.seed());
  std::string threw;
  for (std::uint64_t n = 0; n < kCommands; ++n) {
    const auto command = generator.next();
    if (!command) no_commands();
    const Decision decision = driver.carry_out(*command, n);
    const auto what = [&] { return what_was_asked(driver, *command); };
    if (!decision.fault.empty() && decision.status != COMPOSABLE_E_OVERLOADED) {
      fail(absl::StrFormat("%s: %s; a client sees a 500, refuse such a command with a rejection",
                           what(), decision.fault));
    }
    if (decision.status == COMPOSABLE_E_EXCEPTION && threw.empty()) {
      threw = absl::StrFormat(
          "%s threw: %s; a client sees a 500, refuse such a command with a rejection", what(),
          error_text(decision.error));
    }
    if (!decision.evolve_error.empty()) break;  // for evolve-replay
    generator.learn(*command, decision);
  }
  if (!threw.empty()) warn(threw);
}

void test_determinism(PluginUnderTest& tested) {
  const LoadedPlugin plugin = tested.load();
  DomainDriver first(tested, plugin), second(tested, plugin);
  CommandGenerator generator(first.domain().tables(), tested.seed());
  for (std::uint64_t n = 0; n < kCommands; ++n) {
    const auto command = generator.next();
    if (!command) no_commands();
    const Decision asked = first.decide(*command, n);
    const Decision done = first.carry_out(*command, n);
    const Decision elsewhere = second.carry_out(*command, n);
    const std::string what = first.what("decide", command->type);
    if (asked.text != done.text) {
      fail(absl::StrFormat(
          "%s: called twice with the same state and context it decided differently, %s; keep "
          "nothing in decide, and take time and randomness from the context",
          what, difference(asked.text, done.text)));
    }
    if (done.text != elsewhere.text) {
      fail(absl::StrFormat(
          "%s: on two states with the same history it decided differently, %s; let a state "
          "depend on its events alone",
          what, difference(done.text, elsewhere.text)));
    }
    if (!done.evolve_error.empty()) break;  // for evolve-replay
    generator.learn(*command, done);
  }
}

void test_evolve_replay(PluginUnderTest& tested) {
  const LoadedPlugin plugin = tested.load();
  DomainDriver lived(tested, plugin);
  CommandGenerator generator(lived.domain().tables(), tested.seed());
  std::vector<EmittedEvent> log;
  for (std::uint64_t n = 0; n < kCommands; ++n) {
    const auto command = generator.next();
    if (!command) no_commands();
    const Decision decision = lived.carry_out(*command, n);
    if (!decision.evolve_error.empty()) {
      fail(absl::StrFormat("%s; what decide emits must evolve, or the domain halts",
                           decision.evolve_error));
    }
    for (const EmittedEvent& event : decision.events) {
      if (event.evolves) log.push_back(event);
    }
    generator.learn(*command, decision);
  }
  if (log.empty()) skip("none of the commands that were made led to an event");

  DomainDriver replayed(tested, plugin);
  for (const EmittedEvent& event : log) {
    if (const std::string error = replayed.replay(event); !error.empty()) {
      fail(absl::StrFormat("%s, of a stored %s; what was once stored must evolve for ever", error,
                           in_a_line(event.json)));
    }
  }
  const RouteRequests requests(tested, lived.domain(), generator.payloads());
  for (const RouteType& route : lived.domain().routes()) {
    if (route.kind != COMPOSABLE_ROUTE_READ) continue;
    for (int n = 0; n < 20; ++n) {
      const Request request = requests.make(route);
      const std::string here = requests.read(lived.domain(), route, request).text();
      const std::string there = requests.read(replayed.domain(), route, request).text();
      if (here != there) {
        fail(absl::StrFormat(
            "%s: the state that was replayed from %d events answers otherwise, %s; let evolve "
            "depend on event and context alone",
            requests.what("read", route), log.size(), difference(here, there)));
      }
    }
  }
}

}  // namespace composable::host
