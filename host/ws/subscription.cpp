#include "ws/subscription.hpp"

#include <algorithm>

#include "absl/hash/hash.h"
#include "absl/strings/str_format.h"
#include "composable/abi/action.h"
#include "runtime/nearest_name.hpp"

namespace composable::host {
namespace {

template <typename Key>
bool admits(const std::optional<std::vector<Key>>& list, Key key) {
  return !list || std::find(list->begin(), list->end(), key) != list->end();
}

Refusal unknown_name(std::string_view path, std::string_view name, std::string_view what,
                     const std::vector<std::string_view>& known) {
  return not_found(absl::StrFormat("%s: no %s is named \"%s\"%s", path, what, excerpt(name),
                                   did_you_mean(name, known)),
                   std::string(path));
}

std::optional<Refusal> check_domain(std::string_view path, std::string_view name,
                                    std::string_view fixed_domain, const CommandGate& gate) {
  if (!fixed_domain.empty() && name != fixed_domain) {
    return forbidden(absl::StrFormat("%s: this socket serves %s only, found \"%s\"; connect to /ws "
                                     "for all domains",
                                     path, fixed_domain, excerpt(name)),
                     std::string(path));
  }
  std::vector<std::string_view> known;
  for (const GateDomain& domain : gate.domains()) {
    if (domain.name == name) return std::nullopt;
    known.push_back(domain.name);
  }
  if (const AwayDomain* away = find_away(gate.away(), name)) return is_away(*away);
  return unknown_name(path, name, "domain", known);
}

bool reaches_sockets(const GateAction& action) {
  return action.action_class == COMPOSABLE_CLASS_EVENT &&
         action.visibility == COMPOSABLE_VISIBILITY_PUBLIC;
}

// Any domain of the socket may have the action: lists are ANDed when an event is matched.
std::optional<Refusal> check_action(std::string_view path, std::string_view name,
                                    std::string_view fixed_domain, const CommandGate& gate) {
  std::vector<std::string_view> known;
  bool never_sent = false;
  for (const GateDomain& domain : gate.domains()) {
    if (!fixed_domain.empty() && domain.name != fixed_domain) continue;
    for (const GateAction& action : domain.actions) {
      if (action.name == name && reaches_sockets(action)) return std::nullopt;
      if (action.name == name) never_sent = true;
      if (reaches_sockets(action)) known.push_back(action.name);
    }
  }
  if (!never_sent) return unknown_name(path, name, "event", known);
  return forbidden(
      absl::StrFormat("%s: %s is never sent to sockets; only public events are", path, name),
      std::string(path));
}

}  // namespace

std::uint64_t stream_key(std::string_view stream) { return absl::Hash<std::string_view>()(stream); }

Subscription::Pointer Subscription::everything(std::string_view fixed_domain, NameTable& names) {
  if (fixed_domain.empty()) return nullptr;
  auto all = std::make_shared<Subscription>();
  all->domains_ = {names.number(fixed_domain)};
  return all;
}

Subscription::Pointer Subscription::nothing() {
  static const Pointer kNothing = [] {
    auto none = std::make_shared<Subscription>();
    none->domains_.emplace();
    return none;
  }();
  return kNothing;
}

std::variant<Subscription::Pointer, Refusal> Subscription::make(const SubscribeMessage& message,
                                                                std::string_view fixed_domain,
                                                                const CommandGate& gate,
                                                                NameTable& names) {
  auto wanted = std::make_shared<Subscription>();
  if (!fixed_domain.empty()) wanted->domains_ = {names.number(fixed_domain)};
  if (message.domains) {
    wanted->domains_.emplace();
    for (std::size_t i = 0; i < message.domains->size(); ++i) {
      const std::string& name = (*message.domains)[i];
      const std::string path = absl::StrFormat("domains[%d]", i);
      if (auto refusal = check_domain(path, name, fixed_domain, gate)) return *std::move(refusal);
      wanted->domains_->push_back(names.number(name));
    }
  }
  if (message.actions) {
    wanted->actions_.emplace();
    for (std::size_t i = 0; i < message.actions->size(); ++i) {
      const std::string& name = (*message.actions)[i];
      const std::string path = absl::StrFormat("actions[%d]", i);
      if (auto refusal = check_action(path, name, fixed_domain, gate)) return *std::move(refusal);
      wanted->actions_->push_back(names.number(name));
    }
  }
  if (message.streams) {
    wanted->streams_.emplace();
    for (const std::string& stream : *message.streams) {
      wanted->streams_->push_back(stream_key(stream));
    }
  }
  if (!wanted->domains_ && !wanted->actions_ && !wanted->streams_) return Pointer();
  return Pointer(std::move(wanted));
}

bool Subscription::matches(const EventKey& key) const {
  return admits(domains_, key.domain) && admits(actions_, key.action) &&
         admits(streams_, key.stream);
}

}  // namespace composable::host
