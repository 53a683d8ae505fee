// A DomainHandle holds one generation of a domain: its tables and its state. Only
// domain_handle.cpp calls a plugin's functions. Moving the handle moves the generation; destroying
// it destroys the state.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "composable/abi/composable.h"
#include "domain/domain_tables.hpp"
#include "domain/plugin_call.hpp"

namespace composable::host {

// Why a plugin call failed; text is what composable_error held.
struct CallError {
  composable_status code = COMPOSABLE_E_FAILED;
  std::string message;
  std::string path;
};

class DomainHandle {
 public:
  // As DomainTables::inspect.
  static absl::StatusOr<DomainHandle> inspect(const composable_domain* table);

  // [load, before it serves] As DomainTables::continue_from.
  void continue_from(const DomainHandle& previous) { tables_.continue_from(previous.tables_); }
  // [load, before create] The generation and build that a crash report names.
  void label_as(std::uint64_t generation, std::string_view build);

  const PluginLabel& label() const { return *label_; }  // stays where it is when the handle moves
  const DomainTables& tables() const { return tables_; }

  // Shortcuts to the tables.
  const std::string& name() const { return tables_.name(); }
  const std::string& version() const { return tables_.version(); }
  bool durable() const { return tables_.durable(); }
  const std::vector<ActionType>& actions() const { return tables_.actions(); }
  const std::vector<RouteType>& routes() const { return tables_.routes(); }
  const std::vector<JobType>& jobs() const { return tables_.jobs(); }
  const std::vector<TopicSubscription>& topics() const { return tables_.topics(); }
  std::uint32_t action_number(std::uint32_t of_plugin) const {
    return tables_.action_number(of_plugin);
  }
  std::uint32_t job_number(std::uint32_t of_plugin) const { return tables_.job_number(of_plugin); }
  const ActionType* find_action(std::string_view name) const { return tables_.find_action(name); }
  const TopicSubscription* find_topic(std::string_view topic) const {
    return tables_.find_topic(topic);
  }
  const composable_domain& table() const { return tables_.table(); }
  bool can_export() const { return tables_.can_export(); }
  bool resets() const { return tables_.resets(); }
  std::uint32_t state_schema() const { return tables_.state_schema(); }

  // [load] Makes the state from the domain's configuration section; once.
  absl::Status create(const composable_host* host, std::string_view config_json);
  // [load] Destroys the state and makes an empty one: what halting and rebuilding need.
  absl::Status recreate();
  composable_state* state() const { return state_.get(); }
  // [load] The same generation with a new, empty state.
  absl::StatusOr<DomainHandle> with_empty_state() const;
  // [serial] Both are of the same generation.
  void exchange_state(DomainHandle& other) noexcept { std::swap(state_, other.state_); }

  // The identity of this build, set by the loader; empty: unknown.
  const std::string& build() const { return build_; }
  void set_build(std::string_view build) { build_ = build; }
  const std::string& config() const { return config_; }  // what create() was given

  // Straight calls through the table; thread contracts as in abi/domain.h. The error is filled on
  // failure only.
  composable_status decide(const composable_action& action, const composable_context& context,
                           composable_effects& sink, CallError& error) const;
  composable_status evolve(const composable_action& event, const composable_context& context,
                           CallError& error);
  // Appends the payload's wire JSON to `out`; a JSON payload is copied.
  composable_status encode(const composable_action& action, std::string& out,
                           CallError& error) const;
  composable_status decode(std::uint32_t type, std::string_view json, std::uint32_t mode,
                           CallError& error) const;

  composable_status to_action(std::uint32_t route, const composable_request& request,
                              composable_command_sink& sink, CallError& error) const;
  composable_status to_response(std::uint32_t route, const composable_outcome& outcome,
                                composable_response& response, CallError& error) const;
  composable_status read(std::uint32_t route, const composable_request& request,
                         composable_response& response, CallError& error) const;

  // [worker] Runs a job, or goes on with `frame` when it is not null; COMPOSABLE_PENDING leaves it
  // set, anything else null. `state` is the one that the job began with.
  composable_status run_job(std::uint32_t job, composable_state* state, std::string_view input,
                            composable_job_context& context, composable_job_frame*& frame,
                            CallError& error) const;
  void drop_job(composable_job_frame*& frame) const;  // [worker]

  // [serial] Sets `out` to the state, in the form of state_schema(). Only when can_export() is
  // true, as below.
  composable_status export_state(std::string& out, CallError& error) const;
  // [load] Fills the state that create() has made. After a failure the state must be recreated.
  composable_status import_state(std::uint32_t schema, std::string_view bytes, CallError& error);

  // The sentence and the path that a rejection shows.
  void explain(const composable_action& rejection, std::string& message, std::string& path) const;

 private:
  // Destroys a state. Keeps the label, which names the call.
  struct Destroy {
    const composable_domain* table;
    std::shared_ptr<const PluginLabel> label;
    void operator()(composable_state* state) const noexcept;
  };

  explicit DomainHandle(DomainTables tables);
  // Calls a plugin function with the error record it wants, and reads the record on failure.
  template <typename Call>
  composable_status call(Hook hook, std::uint32_t number, CallError& error, Call&& function) const;
  composable_action for_plugin(const composable_action& action) const {
    return {tables_.action_numbers().to_plugin(action.type), action.form, action.data, action.size};
  }
  composable_status refuse_gone(std::string_view kind, std::string_view which,
                                CallError& error) const;

  DomainTables tables_;
  std::shared_ptr<PluginLabel> label_;
  std::unique_ptr<composable_state, Destroy> state_;
  const composable_host* host_ = nullptr;
  std::string config_, build_;
};

}  // namespace composable::host
