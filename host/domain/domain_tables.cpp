// Reading a plugin's tables: every entry is looked at, and what the host needs of it is copied.
#include "domain/domain_tables.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "domain/domain_name.hpp"
#include "domain/route_pattern.hpp"
#include "domain/topic_name.hpp"

namespace composable::host {
namespace {

constexpr std::uint32_t kMaxActions = 4096;
constexpr std::uint32_t kMaxRoutes = 1024;
constexpr std::uint32_t kMaxJobs = 1024;
constexpr std::uint32_t kMaxSubscriptions = 1024;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool action_name_ok(std::string_view s) {
  return !s.empty() && s.size() <= 64 && (is_lower(s[0]) || is_upper(s[0])) &&
         std::all_of(s.begin(), s.end(),
                     [](char c) { return is_lower(c) || is_upper(c) || is_digit(c) || c == '_'; });
}

bool code_ok(std::string_view s) {
  return !s.empty() && s.size() <= 64 && std::all_of(s.begin(), s.end(), [](char c) {
    return is_upper(c) || is_digit(c) || c == '_';
  });
}

template <typename... Args>
absl::Status fault(const absl::FormatSpec<Args...>& format, const Args&... args) {
  return absl::InvalidArgumentError(absl::StrFormat(format, args...));
}

}  // namespace

absl::StatusOr<DomainTables> DomainTables::inspect(const composable_domain* table) {
  if (table == nullptr) return fault("domain table: the entry returned none");
  if (!COMPOSABLE_HAS(composable_domain, table, query_extension)) {
    return fault("domain table: struct_size is %u, at least %u is needed; build against this SDK",
                 table->struct_size,
                 static_cast<unsigned>(offsetof(composable_domain, query_extension) +
                                       sizeof table->query_extension));
  }
  DomainTables tables(table);
  tables.name_ = view(table->name);
  tables.version_ = view(table->version);
  tables.durable_ = (table->flags & COMPOSABLE_DOMAIN_DURABLE) != 0;
  if (!is_domain_name(tables.name_)) {
    return fault("domain table: the name \"%s\" is not of the form %s, 1..%d bytes", tables.name_,
                 kDomainNameForm, kMaxDomainName);
  }
  if (table->create == nullptr || table->destroy == nullptr || table->decide == nullptr ||
      table->evolve == nullptr || table->decode == nullptr) {
    return fault("domain table: create, destroy, decide, evolve and decode must not be null");
  }
  if (absl::Status s = tables.read_actions(); !s.ok()) return s;
  if (absl::Status s = tables.read_routes(); !s.ok()) return s;
  if (absl::Status s = tables.read_jobs(); !s.ok()) return s;
  if (absl::Status s = tables.read_topics(); !s.ok()) return s;
  if (absl::Status s = tables.read_reload(); !s.ok()) return s;
  tables.action_numbers_ = Numbering(static_cast<std::uint32_t>(tables.actions_.size()));
  tables.route_numbers_ = Numbering(static_cast<std::uint32_t>(tables.routes_.size()));
  tables.job_numbers_ = Numbering(static_cast<std::uint32_t>(tables.jobs_.size()));
  return tables;
}

const void* DomainTables::extension(std::string_view id) const {
  return table_->query_extension == nullptr ? nullptr : table_->query_extension(abi_str(id));
}

const ActionType* DomainTables::find_action(std::string_view name) const {
  const auto it = by_name_.find(absl::string_view(name.data(), name.size()));
  return it == by_name_.end() ? nullptr : &actions_[it->second];
}

const TopicSubscription* DomainTables::find_topic(std::string_view topic) const {
  const auto it = std::find_if(topics_.begin(), topics_.end(),
                               [&](const TopicSubscription& s) { return s.topic == topic; });
  return it == topics_.end() ? nullptr : &*it;
}

absl::Status DomainTables::read_actions() {
  if (table_->n_actions == 0 || table_->n_actions > kMaxActions || table_->actions == nullptr) {
    return fault("actions: %u declared, 1..%u are possible", table_->n_actions, kMaxActions);
  }
  for (std::uint32_t n = 0; n < table_->n_actions; ++n) {
    const composable_action_type* t = table_->actions[n];
    if (t == nullptr || !COMPOSABLE_HAS(composable_action_type, t, schema)) {
      return fault("actions[%u]: struct_size is too small; build against this SDK", n);
    }
    ActionType a;
    a.number = n;
    a.name = view(t->name);
    if (!action_name_ok(a.name)) {
      return fault("actions[%u]: the name \"%s\" is not of the form [A-Za-z][A-Za-z0-9_]*", n,
                   a.name);
    }
    a.action_class = t->action_class;
    a.visibility = t->visibility;
    a.access = t->access;
    a.ws = (t->flags & COMPOSABLE_ACTION_WS) != 0;
    a.native = (t->flags & COMPOSABLE_ACTION_NATIVE) != 0;
    a.status = t->status;
    a.owner_field = view(t->owner_field);
    a.role = view(t->role);
    a.schema = t->schema;
    a.code = view(t->code);
    a.message = view(t->message);
    if (a.action_class < COMPOSABLE_CLASS_COMMAND || a.action_class > COMPOSABLE_CLASS_INTERNAL) {
      return fault("%s: class %u is not command, event, rejection or internal", a.name,
                   a.action_class);
    }
    if (a.visibility > COMPOSABLE_VISIBILITY_PUBLIC || a.access > COMPOSABLE_ACCESS_ROLE) {
      return fault("%s: visibility %u or access %u is not known to this host", a.name, a.visibility,
                   a.access);
    }
    if (a.access == COMPOSABLE_ACCESS_ROLE && a.role.empty()) {
      return fault("%s: access by role names no role", a.name);
    }
    if (a.ws && a.action_class != COMPOSABLE_CLASS_COMMAND) {
      return fault("%s: only commands may be open to sockets", a.name);
    }
    if (a.action_class == COMPOSABLE_CLASS_REJECTION &&
        (a.status < 400 || a.status > 499 || !code_ok(a.code))) {
      return fault("%s: a rejection needs a status of 400..499 and a code, found %u and \"%s\"",
                   a.name, a.status, a.code);
    }
    if (a.native && table_->encode == nullptr) {
      return fault("%s: has a native form, but the domain has no encode", a.name);
    }
    if (!by_name_.emplace(a.name, n).second) {
      return fault("%s: declared twice, as actions %u and %u", a.name, by_name_[a.name], n);
    }
    actions_.push_back(std::move(a));
  }
  return absl::OkStatus();
}

absl::Status DomainTables::read_routes() {
  routes_table_ = static_cast<const composable_routes_v1*>(extension(COMPOSABLE_ROUTES_EXTENSION));
  if (routes_table_ == nullptr) return absl::OkStatus();
  if (!COMPOSABLE_HAS(composable_routes_v1, routes_table_, read) ||
      routes_table_->n_routes > kMaxRoutes) {
    return fault("%s: struct_size %u is too small or %u routes are too many",
                 COMPOSABLE_ROUTES_EXTENSION, routes_table_->struct_size, routes_table_->n_routes);
  }
  for (std::uint32_t n = 0; n < routes_table_->n_routes; ++n) {
    const composable_route* t = routes_table_->routes[n];
    if (t == nullptr || !COMPOSABLE_HAS(composable_route, t, pattern)) {
      return fault("routes[%u]: struct_size is too small; build against this SDK", n);
    }
    RouteType r;
    r.number = n;
    r.kind = t->kind;
    r.method = t->method;
    r.body_optional = (t->flags & COMPOSABLE_ROUTE_BODY_OPTIONAL) != 0;
    r.timeout_ms = t->timeout_ms;
    r.max_body = t->max_body;
    r.command = t->command;
    r.pattern = view(t->pattern);
    std::vector<std::string> parameters;
    if (const std::string f = route_pattern_fault(r.pattern, parameters); !f.empty()) {
      return fault("routes[%u]: the pattern \"%s\" %s", n, r.pattern, f);
    }
    if (r.method < COMPOSABLE_METHOD_GET || r.method > COMPOSABLE_METHOD_DELETE) {
      return fault("routes[%u]: method %u is not known to this host", n, r.method);
    }
    if (r.kind == COMPOSABLE_ROUTE_COMMAND) {
      if (r.command >= actions_.size()) {
        return fault("routes[%u]: makes action %u of %u", n, r.command,
                     static_cast<unsigned>(actions_.size()));
      }
      for (std::uint32_t i = 0; i < t->n_outcomes; ++i) {
        if (t->outcomes[i] >= actions_.size()) {
          return fault("routes[%u]: waits for action %u of %u", n, t->outcomes[i],
                       static_cast<unsigned>(actions_.size()));
        }
        r.outcomes.push_back(t->outcomes[i]);
      }
      if (routes_table_->to_action == nullptr || routes_table_->to_response == nullptr) {
        return fault("routes[%u]: a command route needs to_action and to_response", n);
      }
    } else if (r.kind != COMPOSABLE_ROUTE_READ) {
      return fault("routes[%u]: kind %u is not known to this host", n, r.kind);
    } else if (routes_table_->read == nullptr) {
      return fault("routes[%u]: a read route needs read", n);
    }
    routes_.push_back(std::move(r));
  }
  return absl::OkStatus();
}

absl::Status DomainTables::read_jobs() {
  jobs_table_ = static_cast<const composable_jobs_v1*>(extension(COMPOSABLE_JOBS_EXTENSION));
  if (jobs_table_ == nullptr) return absl::OkStatus();
  if (!COMPOSABLE_HAS(composable_jobs_v1, jobs_table_, drop) || jobs_table_->n_jobs > kMaxJobs ||
      jobs_table_->run == nullptr || jobs_table_->resume == nullptr ||
      jobs_table_->drop == nullptr) {
    return fault("%s: struct_size %u is too small or run, resume or drop is null",
                 COMPOSABLE_JOBS_EXTENSION, jobs_table_->struct_size);
  }
  for (std::uint32_t n = 0; n < jobs_table_->n_jobs; ++n) {
    const composable_job_type* t = jobs_table_->jobs[n];
    if (t == nullptr || !COMPOSABLE_HAS(composable_job_type, t, name)) {
      return fault("jobs[%u]: struct_size is too small; build against this SDK", n);
    }
    jobs_.push_back({std::string(view(t->name)), (t->flags & COMPOSABLE_JOB_RESTARTABLE) != 0});
  }
  return absl::OkStatus();
}

absl::Status DomainTables::read_topics() {
  const auto* table =
      static_cast<const composable_topics_v1*>(extension(COMPOSABLE_TOPICS_EXTENSION));
  if (table == nullptr) return absl::OkStatus();
  if (!COMPOSABLE_HAS(composable_topics_v1, table, subscriptions)) {
    return fault("%s: struct_size %u is too small; build against this SDK",
                 COMPOSABLE_TOPICS_EXTENSION, table->struct_size);
  }
  if (table->n_subscriptions > kMaxSubscriptions ||
      (table->subscriptions == nullptr && table->n_subscriptions != 0)) {
    return fault("%s: %u subscriptions declared, 0..%u and a table of them are possible",
                 COMPOSABLE_TOPICS_EXTENSION, table->n_subscriptions, kMaxSubscriptions);
  }
  for (std::uint32_t n = 0; n < table->n_subscriptions; ++n) {
    const composable_subscription* t = table->subscriptions[n];
    if (t == nullptr || !COMPOSABLE_HAS(composable_subscription, t, topic)) {
      return fault("subscriptions[%u]: struct_size is too small; build against this SDK", n);
    }
    const std::string_view topic = view(t->topic);
    if (!is_topic_name(topic)) {
      return fault("subscriptions[%u]: the topic \"%s\" is not of the form %s", n, topic,
                   kTopicNameForm);
    }
    if (t->action >= actions_.size()) {
      return fault("subscriptions[%u]: the topic %s is to become action %u of %u", n, topic,
                   t->action, static_cast<unsigned>(actions_.size()));
    }
    const ActionType& action = actions_[t->action];
    if (action.action_class != COMPOSABLE_CLASS_COMMAND &&
        action.action_class != COMPOSABLE_CLASS_INTERNAL) {
      return fault(
          "subscriptions[%u]: the topic %s is to become %s, which is not a command or "
          "internal action",
          n, topic, action.name);
    }
    if (find_topic(topic) != nullptr) {
      return fault("subscriptions[%u]: the topic %s is subscribed to twice; one action for each", n,
                   topic);
    }
    topics_.push_back({std::string(topic), t->action});
  }
  return absl::OkStatus();
}

absl::Status DomainTables::read_reload() {
  const auto* table =
      static_cast<const composable_reload_v1*>(extension(COMPOSABLE_RELOAD_EXTENSION));
  if (table == nullptr) return absl::OkStatus();
  if (!COMPOSABLE_HAS(composable_reload_v1, table, import_state)) {
    return fault("%s: struct_size %u is too small; build against this SDK",
                 COMPOSABLE_RELOAD_EXTENSION, table->struct_size);
  }
  if ((table->flags & ~COMPOSABLE_RELOAD_RESET) != 0) {
    return fault("%s: flags %u are not known to this host", COMPOSABLE_RELOAD_EXTENSION,
                 table->flags);
  }
  const bool exports = table->export_state != nullptr;
  resets_ = table->flags == COMPOSABLE_RELOAD_RESET;
  if (exports != (table->import_state != nullptr) || !(exports || resets_)) {
    return fault("%s: needs export_state and import_state both, or neither and the flag %u (reset)",
                 COMPOSABLE_RELOAD_EXTENSION, COMPOSABLE_RELOAD_RESET);
  }
  if (resets_ && durable_) {
    return fault("%s: a durable domain's state comes from the log and cannot be reset",
                 COMPOSABLE_RELOAD_EXTENSION);
  }
  if (exports && table_->state_schema == 0) {
    return fault("%s: exports a state, but state_schema is 0; count its forms from 1",
                 COMPOSABLE_RELOAD_EXTENSION);
  }
  can_export_ = exports;
  reload_table_ = table;
  return absl::OkStatus();
}

}  // namespace composable::host
