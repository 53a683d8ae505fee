#include "ws/requested_filter.hpp"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "bus/audience.hpp"
#include "runtime/nearest_name.hpp"

namespace composable::host {
namespace {

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
  if (const UnavailableDomain* unavailable = find_unavailable(gate.unavailable(), name))
    return domain_unavailable(*unavailable);
  return unknown_name(path, name, "domain", known);
}

bool reaches_sockets(const GateAction& action) {
  return may_see({action.action_class, action.visibility, {}}, kAnonymous);
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

std::variant<DeliveryFilter::Pointer, Refusal> make_filter(const SubscribeMessage& message,
                                                           std::string_view fixed_domain,
                                                           const CommandGate& gate,
                                                           NameTable& names) {
  auto wanted = std::make_shared<DeliveryFilter>();
  if (!fixed_domain.empty()) wanted->domains = {names.number(fixed_domain)};
  if (message.domains) {
    wanted->domains.emplace();
    for (std::size_t i = 0; i < message.domains->size(); ++i) {
      const std::string& name = (*message.domains)[i];
      const std::string path = absl::StrFormat("domains[%d]", i);
      if (auto refusal = check_domain(path, name, fixed_domain, gate)) return *std::move(refusal);
      wanted->domains->push_back(names.number(name));
    }
  }
  if (message.actions) {
    wanted->actions.emplace();
    for (std::size_t i = 0; i < message.actions->size(); ++i) {
      const std::string& name = (*message.actions)[i];
      const std::string path = absl::StrFormat("actions[%d]", i);
      if (auto refusal = check_action(path, name, fixed_domain, gate)) return *std::move(refusal);
      wanted->actions->push_back(names.number(name));
    }
  }
  if (message.streams) {
    wanted->streams.emplace();
    for (const std::string& stream : *message.streams) {
      wanted->streams->push_back(stream_key(stream));
    }
  }
  if (!wanted->domains && !wanted->actions && !wanted->streams) return DeliveryFilter::Pointer();
  return DeliveryFilter::Pointer(std::move(wanted));
}

}  // namespace composable::host
