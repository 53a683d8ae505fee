// A DomainDriver holds one state of the plugin's domain and calls it as a host does, without a
// log, a clock or other domains. The host's own sink checks and records what decide emits. One
// thread at a time.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "plugin/host_services.hpp"
#include "store/staged_effects.hpp"
#include "verify/plugin_under_test.hpp"

namespace composable::host {

// A command or internal action with its payload.
struct Command {
  std::uint32_t type = 0;
  std::string json;
};

// An event that a decide emitted, as a log would keep it.
struct EmittedEvent {
  std::uint32_t type = 0;
  bool evolves = false;  // else it was announced
  std::string stream;    // of an appended one
  std::uint64_t version = 0, position = 0;
  std::uint64_t moment = 0;
  std::string json;
};

// The result of one decide.
struct Decision {
  composable_status status = COMPOSABLE_OK;
  CallError error;    // when that is a failure
  std::string fault;  // why the sink refused it; empty: it did not
  std::string text;   // everything it emitted; equal texts mean equal decisions
  std::vector<EmittedEvent> events;
  std::vector<Command> to_follow;  // by send or delay
  std::string evolve_error;        // of an event that could not be evolved; empty: all went well
};

class DomainDriver : private StagedEffects::Committer {
 public:
  // Makes a state of its own by the tables of a loaded plugin, which outlives this.
  DomainDriver(PluginUnderTest& tested, const LoadedPlugin& plugin);
  ~DomainDriver() override;

  const DomainHandle& domain() const { return domain_; }
  std::string what(std::string_view function, std::uint32_t type) const;  // `decide of PlaceOrder`

  // Runs decide only. `moment` is all that differs in the context.
  Decision decide(const Command& command, std::uint64_t moment);
  // Runs decide and evolves what it emitted: in native form where it has one, as a host does.
  Decision carry_out(const Command& command, std::uint64_t moment);
  // Evolves a stored event, as at a host's start. The error's text; empty: it went well.
  std::string replay(const EmittedEvent& event);

  // By composable.reload/1, for a domain that has it.
  composable_status export_state(std::string& bytes, CallError& error) const;
  composable_status import_state(std::uint32_t schema, std::string_view bytes, CallError& error);

 private:
  void commit() override;
  void take_facts();
  void take_appends(std::uint64_t moment);
  void evolve(const EmittedEvent& event, const composable_action& action, std::uint32_t flags);
  Decision ask(const Command& command, std::uint64_t moment);

  PluginUnderTest& tested_;
  HostServices services_;
  DomainHandle domain_;
  StagedEffects stage_;
  Decision* decision_ = nullptr;  // while decide runs
  std::uint64_t moment_ = 0;
  bool carries_out_ = false;
  bool facts_taken_ = false;
  std::optional<TestOutcome> ended_;  // inside commit()
  std::uint64_t position_ = 0;
  absl::flat_hash_map<std::string, std::uint64_t> versions_;  // by stream
};

// Ends the test when a plugin's status is none of the ABI, or when a failure has no message. `what`
// names the call.
void check_status(std::string_view what, composable_status status, const CallError& error);

// path: message
std::string error_text(const CallError& error);

// The beginning of a long text, so that the reason fits the line.
std::string in_a_line(std::string_view text);

}  // namespace composable::host
