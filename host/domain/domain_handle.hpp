// The handle to one generation of a domain: its tables, looked at once and found good, and its
// state. domain_tables.cpp reads the tables; domain_handle.cpp alone calls a plugin's functions.
// Moving the handle moves the generation.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "composable/abi/composable.h"
#include "domain/numbering.hpp"
#include "domain/plugin_call.hpp"

namespace composable::host {

inline std::string_view view(composable_str s) {
  return s.ptr == nullptr ? std::string_view() : std::string_view(s.ptr, s.len);
}
inline composable_str abi_str(std::string_view s) { return {s.data(), s.size()}; }

// One action type, as the host keeps it.
struct ActionType {
  std::uint32_t number = 0;
  std::uint32_t action_class = 0;
  std::uint32_t visibility = 0;
  std::uint32_t access = 0;
  std::uint32_t status = 0;
  bool ws = false;
  bool native = false;
  bool gone = false;  // an earlier generation had it
  std::string name, owner_field, role, code, message;
};

// One route, as the host keeps it.
struct RouteType {
  std::uint32_t number = 0;
  std::uint32_t kind = 0;
  std::uint32_t method = 0;
  bool body_optional = false;
  std::uint32_t timeout_ms = 0;
  std::uint32_t max_body = 0;
  std::uint32_t command = 0;
  bool gone = false;  // an earlier generation had it
  std::vector<std::uint32_t> outcomes;
  std::string pattern;  // relative to the mount
};

struct JobType {
  std::string name;
  bool restartable = false;
  bool gone = false;  // an earlier generation had it
};

// A topic that the domain listens to, and what arrives on it is decided as.
struct TopicSubscription {
  std::string topic;
  std::uint32_t action = 0;
};

// Why a plugin call failed; text is what composable_error held.
struct CallError {
  composable_status code = COMPOSABLE_E_FAILED;
  std::string message;
  std::string path;
};

class DomainHandle {
 public:
  // Checks the tables: sizes, names, classes, route patterns, topics, unique names. The message
  // says which entry is wrong, what was found and what is needed. Runs no domain code but
  // query_extension.
  static absl::StatusOr<DomainHandle> inspect(const composable_domain* table);

  DomainHandle(DomainHandle&&) noexcept;
  DomainHandle& operator=(DomainHandle&&) noexcept;
  ~DomainHandle();  // destroys the state

  // [load, before it serves] Counts action types, routes and jobs as `previous` does, by name, or
  // by method and pattern: what is new comes after, what is gone keeps its number and is refused.
  void continue_from(const DomainHandle& previous);
  // [load, before create] How a report of a crash tells this generation from others.
  void label_as(std::uint64_t generation, std::string_view build);

  const PluginLabel& label() const { return *label_; }  // stays where it is when the handle moves
  const std::string& name() const { return name_; }
  const std::string& version() const { return version_; }
  bool durable() const { return durable_; }
  const std::vector<ActionType>& actions() const { return actions_; }
  const std::vector<RouteType>& routes() const { return routes_; }
  const std::vector<JobType>& jobs() const { return jobs_; }
  const std::vector<TopicSubscription>& topics() const { return topics_; }
  // The host's numbers of what the plugin names; Numbering::kGone: it has declared no such thing.
  std::uint32_t action_number(std::uint32_t of_plugin) const {
    return action_numbers_.to_host(of_plugin);
  }
  std::uint32_t job_number(std::uint32_t of_plugin) const {
    return job_numbers_.to_host(of_plugin);
  }
  const ActionType* find_action(std::string_view name) const;         // null: unknown
  const TopicSubscription* find_topic(std::string_view topic) const;  // null: not subscribed
  const composable_domain& table() const { return *table_; }
  const composable_routes_v1* routes_table() const { return routes_table_; }
  const composable_jobs_v1* jobs_table() const { return jobs_table_; }

  // What becomes of the state at a reload: it can be exported and imported, or may be lost.
  bool can_export() const { return can_export_; }
  bool resets() const { return resets_; }
  std::uint32_t state_schema() const { return table_->state_schema; }  // of what it exports

  // [load] Makes the state from the domain's configuration section; once.
  absl::Status create(const composable_host* host, std::string_view config_json);
  // [load] Destroys the state and makes an empty one: what halting and rebuilding need.
  absl::Status recreate();
  composable_state* state() const { return state_; }
  // [load] The same generation with an empty state of its own.
  absl::StatusOr<DomainHandle> with_empty_state() const;
  // [serial] Both are of the same generation.
  void exchange_state(DomainHandle& other) noexcept { std::swap(state_, other.state_); }

  // What tells this build from others, set by who loads it; empty: unknown.
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
  // set, anything else null.
  // `state` is the one that the job began with.
  composable_status run_job(std::uint32_t job, composable_state* state, std::string_view input,
                            composable_job_context& context, composable_job_frame*& frame,
                            CallError& error) const;
  void drop_job(composable_job_frame*& frame) const;  // [worker]

  // [serial] Sets `out` to the state, of state_schema(). Only for who can_export(), as below.
  composable_status export_state(std::string& out, CallError& error) const;
  // [load] Fills the state that create() has made. After a failure it must be made anew.
  composable_status import_state(std::uint32_t schema, std::string_view bytes, CallError& error);

  // The sentence and the path that a rejection shows.
  void explain(const composable_action& rejection, std::string& message, std::string& path) const;

 private:
  explicit DomainHandle(const composable_domain* table);
  // Calls a plugin function with the error record it wants, and reads the record on failure.
  template <typename Call>
  composable_status call(Hook hook, std::uint32_t number, CallError& error, Call&& function) const;
  void destroy_state() noexcept;
  void name_parts();  // fills the label
  absl::Status read_actions();
  absl::Status read_routes();
  absl::Status read_jobs();
  absl::Status read_topics();
  absl::Status read_reload();
  composable_action for_plugin(const composable_action& action) const {
    return {action_numbers_.to_plugin(action.type), action.form, action.data, action.size};
  }
  composable_status refuse_gone(std::string_view what, std::string_view name,
                                CallError& error) const;
  const void* extension(std::string_view id) const;  // [load] null: the domain has none

  const composable_domain* table_ = nullptr;
  std::unique_ptr<PluginLabel> label_;
  const composable_routes_v1* routes_table_ = nullptr;
  const composable_jobs_v1* jobs_table_ = nullptr;
  const composable_reload_v1* reload_table_ = nullptr;
  const composable_host* host_ = nullptr;
  composable_state* state_ = nullptr;
  bool durable_ = false;
  bool can_export_ = false;
  bool resets_ = false;
  std::string name_, version_, config_, build_;
  std::vector<ActionType> actions_;
  std::vector<RouteType> routes_;
  std::vector<JobType> jobs_;
  std::vector<TopicSubscription> topics_;
  absl::flat_hash_map<std::string, std::uint32_t> by_name_;
  Numbering action_numbers_, route_numbers_, job_numbers_;
};

}  // namespace composable::host
