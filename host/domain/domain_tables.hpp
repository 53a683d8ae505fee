// DomainTables hold what a domain declares: its name, actions with schemas, routes, jobs, topics,
// and what becomes of its state at a reload. Texts are copied; schemas and the plugin's own tables
// are pointed to, so the plugin must stay loaded while those are read. A value; immutable once
// serving, then any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "composable/abi/composable.h"
#include "domain/numbering.hpp"

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
  bool gone = false;                        // an earlier generation had it
  const composable_type* schema = nullptr;  // the plugin's, not checked; null: none, or gone
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

// A topic that the domain listens to, and the action that a message becomes.
struct TopicSubscription {
  std::string topic;
  std::uint32_t action = 0;
};

class DomainTables {
 public:
  // Checks the tables: sizes, names, classes, route patterns, topics, unique names. The message
  // says which entry is wrong, what was found and what is needed. Runs no domain code but
  // query_extension.
  static absl::StatusOr<DomainTables> inspect(const composable_domain* table);

  // [load, before it serves] Gives action types, routes and jobs the numbers that they have in
  // `previous`, matched by name, or by method and pattern. New ones are numbered after those;
  // removed ones keep their number and are refused. Keeps no pointer into the plugin of `previous`.
  void continue_from(const DomainTables& previous);

  const std::string& name() const { return name_; }
  const std::string& version() const { return version_; }
  bool durable() const { return durable_; }
  // These stand at the host's numbers, and so do all numbers in them.
  const std::vector<ActionType>& actions() const { return actions_; }
  const std::vector<RouteType>& routes() const { return routes_; }
  const std::vector<JobType>& jobs() const { return jobs_; }
  const std::vector<TopicSubscription>& topics() const { return topics_; }
  const ActionType* find_action(std::string_view name) const;         // null: unknown
  const TopicSubscription* find_topic(std::string_view topic) const;  // null: not subscribed

  // Between the host's numbers and those of the plugin.
  const Numbering& action_numbers() const { return action_numbers_; }
  const Numbering& route_numbers() const { return route_numbers_; }
  const Numbering& job_numbers() const { return job_numbers_; }
  // The host's number of what the plugin names; Numbering::kGone: it has declared no such thing.
  std::uint32_t action_number(std::uint32_t of_plugin) const {
    return action_numbers_.to_host(of_plugin);
  }
  std::uint32_t job_number(std::uint32_t of_plugin) const {
    return job_numbers_.to_host(of_plugin);
  }

  // What becomes of an ephemeral state at a reload: exported and imported, or reset.
  bool can_export() const { return can_export_; }
  bool resets() const { return resets_; }
  std::uint32_t state_schema() const { return table_->state_schema; }  // of what it exports

  // The plugin's own tables, by its own numbers; null: the domain has none of the kind.
  const composable_domain& table() const { return *table_; }
  const composable_routes_v1* routes_table() const { return routes_table_; }
  const composable_jobs_v1* jobs_table() const { return jobs_table_; }
  const composable_reload_v1* reload_table() const { return reload_table_; }

 private:
  explicit DomainTables(const composable_domain* table) : table_(table) {}
  absl::Status read_actions();
  absl::Status read_routes();
  absl::Status read_jobs();
  absl::Status read_topics();
  absl::Status read_reload();
  const void* extension(std::string_view id) const;  // [load] null: the domain has none

  const composable_domain* table_;
  const composable_routes_v1* routes_table_ = nullptr;
  const composable_jobs_v1* jobs_table_ = nullptr;
  const composable_reload_v1* reload_table_ = nullptr;
  bool durable_ = false;
  bool can_export_ = false;
  bool resets_ = false;
  std::string name_, version_;
  std::vector<ActionType> actions_;
  std::vector<RouteType> routes_;
  std::vector<JobType> jobs_;
  std::vector<TopicSubscription> topics_;
  absl::flat_hash_map<std::string, std::uint32_t> by_name_;
  Numbering action_numbers_, route_numbers_, job_numbers_;
};

}  // namespace composable::host
