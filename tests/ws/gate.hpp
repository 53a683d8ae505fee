// A gate without stores: declares what it is given and keeps the commands it gets.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "ws/command_gate.hpp"

namespace composable::host::testing {

struct GateCommand {
  std::size_t domain = 0;
  std::uint32_t action = 0;
  std::string payload, actor;
  Uuid correlation;
  std::uint64_t origin = 0;
  Waiter* waiter = nullptr;
};

class TestGate final : public CommandGate {
 public:
  explicit TestGate(std::vector<GateDomain> domains,
                    std::vector<UnavailableDomain> unavailable = {})
      : CommandGate(std::move(domains), std::move(unavailable)) {}

  void send(std::size_t domain, std::uint32_t action, std::string_view payload,
            const Caller& caller, Waiter* waiter) override {
    commands.push_back({domain, action, std::string(payload), std::string(caller.actor),
                        caller.correlation, caller.origin, waiter});
  }
  bool describe(std::size_t domain, const composable_action& rejection, std::string& name,
                std::string& json) const override {
    name = domains()[domain].actions[rejection.type].name;
    json.assign(static_cast<const char*>(rejection.data), rejection.size);
    return true;
  }

  // Ends the oldest command that has not ended.
  void end(const Outcome& outcome) {
    for (GateCommand& sent : commands) {
      if (sent.waiter != nullptr) return std::exchange(sent.waiter, nullptr)->ended(outcome);
    }
  }
  // A store never forgets a waiter; nor must a test.
  void end_all() {
    for (std::size_t i = 0; i < commands.size(); ++i) end({});
  }

  std::vector<GateCommand> commands;
};

inline GateAction command(std::string name, bool ws = true,
                          std::uint32_t access = COMPOSABLE_ACCESS_ANYONE) {
  return {.name = std::move(name),
          .action_class = COMPOSABLE_CLASS_COMMAND,
          .access = access,
          .role = access == COMPOSABLE_ACCESS_ROLE ? "admin" : "",
          .ws = ws};
}

inline GateAction event(std::string name, std::uint32_t visibility = COMPOSABLE_VISIBILITY_PUBLIC) {
  return {
      .name = std::move(name), .action_class = COMPOSABLE_CLASS_EVENT, .visibility = visibility};
}

inline GateAction rejection(std::string name) {
  return {.name = std::move(name), .action_class = COMPOSABLE_CLASS_REJECTION};
}

// Orders and billing, which share one command's name.
inline std::vector<GateDomain> two_domains() {
  std::vector<GateDomain> domains = {
      {"orders",
       {command("PlaceOrder"), command("Archive"), command("Purge", false),
        command("Mine", true, COMPOSABLE_ACCESS_USER),
        command("Admin", true, COMPOSABLE_ACCESS_ROLE), event("OrderPlaced"), event("OrderShipped"),
        event("Noted", COMPOSABLE_VISIBILITY_PRIVATE), rejection("OrderNotFound")}},
      {"billing", {command("Archive"), event("Billed")}}};
  for (GateDomain& domain : domains) {
    std::uint32_t number = 0;
    for (GateAction& action : domain.actions) action.number = number++;
  }
  return domains;
}

}  // namespace composable::host::testing
