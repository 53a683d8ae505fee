// A DomainRun runs one domain in a test, through its C table: its state, its log and its
// surroundings. It calls decide and evolve twice, on copies, with payloads in their stored form;
// different results, failures and log lines are faults. Used by test_store.hpp; single-threaded.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "composable/plugin.hpp"
#include "composable/testing/diff.hpp"
#include "composable/testing/log_recorder.hpp"
#include "composable/testing/recorder.hpp"
#include "composable/testing/world.hpp"

namespace composable::testing {

// Differences, each on a line of its own.
inline std::string join(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "\n  " + line;
  return text;
}

template <class D>
class DomainRun {
 public:
  using State = typename D::State;

  // `config` is the domain's section of the configuration.
  explicit DomainRun(std::string_view config) {
    const LogRecorder::Listening listening(log_);
    composable_error error = no_error();
    if (glue::read_config<D>(config, instance_.config, &error) < 0) {
      faults_.push_back("the configuration cannot be read: " + describe(error));
    }
  }
  DomainRun(const DomainRun&) = delete;
  DomainRun& operator=(const DomainRun&) = delete;

  const State& state() const { return instance_.state; }
  World& world() { return world_; }
  const World& world() const { return world_; }
  const std::vector<std::string>& logged() const { return log_.lines(); }
  // What has gone wrong since the last call.
  std::vector<std::string> take_faults() { return std::exchange(faults_, {}); }

  // Decides, evolves what was appended or applied, and starts the rest. `name` is for faults.
  std::vector<Recorded> decide(const std::string& name, std::uint32_t type, const std::string& json,
                               bool delivered) {
    const composable_action action{type, COMPOSABLE_FORM_JSON, json.data(), json.size()};
    const composable_context context = world_.decide_context(delivered);
    Instance copy = instance_;
    const std::string what = "decide of " + name;
    std::vector<Recorded> effects, again;
    if (!call_decide(copy, what, action, context, effects)) return {};
    if (!call_decide(copy, what, action, context, again) || effects != again) {
      faults_.push_back(what + " is impure: the same call gave other effects");
    }
    const auto moved = diff(instance_.state, copy.state);
    if (!moved.empty()) {
      faults_.push_back(what + " is impure: it changed the state" + join(moved));
    }
    carry_out(effects);
    return effects;
  }

  // An event that has happened: kept in the log of a durable domain, and evolved.
  void evolve(const std::string& stream, std::uint32_t type, const std::string& json) {
    const composable_action event{type, COMPOSABLE_FORM_JSON, json.data(), json.size()};
    const composable_context context = world_.evolve_context(stream);
    world_.log(stream, type, json);
    Instance copy = instance_;
    if (!call_evolve(copy, context, event) || !call_evolve(instance_, context, event)) return;
    const auto lines = diff(copy.state, instance_.state);
    if (lines.empty()) return;
    faults_.push_back("evolve of " + action_name(table(), type) +
                      " is impure: the same call twice gave" + join(lines));
  }

  // Runs the jobs that were started; what they send arrives in the world.
  void run_jobs() {
    const LogRecorder::Listening listening(log_);
    for (std::string& fault : world_.run_jobs(abi(instance_))) faults_.push_back(std::move(fault));
  }

  // Puts a state that a build has exported in place of what there is.
  void import(std::uint32_t schema, std::string_view bytes) {
    static_assert(glue::kKeepsState<D>, "composable: only a domain that keeps_state imports one");
    Instance next{{}, instance_.config};
    const composable_bytes given{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    composable_error error = no_error();
    if (glue::ReloadTable<D>::kTable.import_state(abi(next), schema, given, &error) < 0) {
      faults_.push_back("a state of schema " + std::to_string(schema) +
                        " cannot be imported: " + describe(error));
      return;
    }
    instance_ = std::move(next);
  }
  // Exports the state and imports it; false: there is a fault, and the state is what it was.
  bool reload() {
    std::string bytes;
    composable_writer writer = append_to(bytes);
    composable_error error = no_error();
    if (glue::ReloadTable<D>::kTable.export_state(abi(instance_), &writer, &error) < 0) {
      faults_.push_back("the state cannot be exported: " + describe(error));
      return false;
    }
    import(glue::kStateSchema<D>, bytes);
    return true;
  }
  // The host ends and starts again: a new state takes in the events of the log.
  void restart() {
    instance_ = Instance{{}, instance_.config};
    world_.restart([this](const composable_context& context, const composable_action& event) {
      call_evolve(instance_, context, event);
    });
  }

 private:
  using Instance = glue::Instance<D>;

  static const composable_domain& table() { return domain_table<D>(); }
  static composable_state* abi(Instance& instance) {
    return reinterpret_cast<composable_state*>(&instance);
  }

  bool call_decide(Instance& on, const std::string& what, const composable_action& action,
                   const composable_context& context, std::vector<Recorded>& effects) {
    Recorder recorder(table());
    composable_error error = no_error();
    const composable_status status = watched(
        what, [&] { return table().decide(abi(on), &action, &context, recorder.sink(), &error); });
    if (status < 0) {
      faults_.push_back(what + " failed: " + describe(error));
      return false;
    }
    effects = recorder.effects();
    return true;
  }
  bool call_evolve(Instance& on, const composable_context& context,
                   const composable_action& event) {
    const std::string what = "evolve of " + action_name(table(), event.type);
    composable_error error = no_error();
    const composable_status status =
        watched(what, [&] { return table().evolve(abi(on), &event, &context, &error); });
    if (status >= 0) return true;
    faults_.push_back(what + payload_json(table(), event) + " failed: " + describe(error));
    return false;
  }
  // Makes a call that must not log.
  template <class Call>
  composable_status watched(const std::string& what, Call&& call) {
    LogRecorder lines;
    const LogRecorder::Listening listening(lines);
    const composable_status status = call();
    if (!lines.lines().empty()) {
      const std::string fault = what + " is impure: it logged \"" + lines.lines()[0] +
                                "\"; log from jobs and routes, or append an event";
      if (faults_.empty() || faults_.back() != fault) faults_.push_back(fault);  // called twice
    }
    return status;
  }

  // What follows from a decide starts when its events are in the state.
  void carry_out(const std::vector<Recorded>& effects) {
    for (const Recorded& effect : effects) {
      if (effect.verb == Verb::kAppend || effect.verb == Verb::kApply) {
        evolve(effect.name, effect.type, effect.json);
      }
    }
    world_.take(effects);
  }

  Instance instance_{};
  World world_{table()};
  LogRecorder log_;
  std::vector<std::string> faults_;
};

}  // namespace composable::testing
