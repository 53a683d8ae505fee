// A Pipeline runs decide → evolve → persist → broadcast → reply.
//
// What a durable domain decides changes the state at once. It leaves as one entry of the flight,
// when it and everything before it is durable: see output_commit.hpp. An ephemeral domain has an
// empty flight; it evolves, broadcasts and answers inside the plugin's commit().
//
// Calls nest: an HTTP request enters the plugin's to_action, which sends its command back into the
// store. So decide runs inside to_action, and an ephemeral domain evolves inside decide. [serial]
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/rng.hpp"
#include "store/causes.hpp"
#include "store/metric_cells.hpp"
#include "store/observers.hpp"
#include "store/output_commit.hpp"
#include "store/recovery.hpp"
#include "store/serving_state.hpp"
#include "store/staged_effects.hpp"
#include "store/timers.hpp"
#include "store/waits.hpp"

namespace composable::host {

// How a caller waits for a cause; by default, none does.
struct Wait {
  Waiter* waiter = nullptr;
  std::uint32_t route = Cause::kNoRoute;  // its outcomes end it well
  const Match* match = nullptr;           // or: any action that this accepts
  std::uint32_t timeout_ms = 0;           // 0: the store's
};

class Pipeline final : public StagedEffects::Committer {
 public:
  // What it works with; all outlive it.
  struct Dependencies {
    OutputCommit::Owner& owner;
    ServingState& serving;
    Causes& causes;
    Waits& waits;
    Observers& observers;
    OutputCommit& output;
    Recovery& recovery;
    Timers& timers;
    MetricCells& cells;
    Clock& clock;
    Rng& rng;
    std::uint32_t timeout_ms;  // of a wait that names none
  };
  Pipeline(std::string domain, const Dependencies& dependencies)
      : domain_(std::move(domain)), deps_(dependencies), stage_(*this) {}

  // A command from outside begins a cause.
  void start_cause(const composable_action& command, const Caller& caller,
                   const Wait& wait) STORE_SERIAL;
  // Decides one command or internal action, which holds one count of `scope`. `produced`: by an
  // effect, so observers get it.
  void decide(const composable_action& action, Scope& scope, bool produced) STORE_SERIAL;

 private:
  struct Current;  // the decide that is under way

  // decide.cpp
  bool refused_as_poison(const composable_action& action, Scope& scope, bool produced) STORE_SERIAL;
  void refuse_in_order(Scope& scope, Refusal refusal) STORE_SERIAL;
  bool needs_log() const;
  bool ends_stored_delay(const std::vector<StagedEffect>& effects) const;
  // evolve.cpp
  void commit() override;
  void apply_facts() STORE_SERIAL;
  bool evolve(const composable_action& command, const FlightRequest& request) STORE_SERIAL;
  // persist.cpp
  void persist(const composable_action& command, Scope& scope) STORE_SERIAL;
  std::unique_ptr<FlightRequest> make_request(Cause& cause,
                                              const composable_context& context) STORE_SERIAL;
  std::optional<Refusal> check_expectations(FlightRequest& request) const;
  void enter_flight(Scope& scope, std::unique_ptr<FlightRequest> request) STORE_SERIAL;
  // reply.cpp
  void broadcast_produced() STORE_SERIAL;
  void reply_if_awaited(const Fact& fact, Cause& cause) STORE_SERIAL;

  DomainHandle& domain() const { return *deps_.serving.domain; }

  const std::string domain_;
  const Dependencies deps_;
  StagedEffects stage_;
  Current* current_ = nullptr;
  CallError error_;  // of the last call that failed; read at once
};

// The decide that is under way, for commit().
struct Pipeline::Current {
  Scope* scope;
  composable_context* context;
  const composable_action* action;
  bool produced;        // observers do not have it yet
  bool failed = false;  // an evolve failed: the domain has halted
};

}  // namespace composable::host
