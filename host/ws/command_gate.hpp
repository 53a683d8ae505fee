// A CommandGate shows sockets the domains that serve, and takes their commands. It is an immutable
// snapshot; every loop holds the newest. StoreGate is the real one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "composable/abi/action.h"
#include "store/unavailable_domain.hpp"
#include "store/waiter.hpp"

namespace composable::host {

// What sockets need of an ActionType: a copy that outlives the generation.
struct GateAction {
  std::string name;
  std::uint32_t number = 0;  // in its domain's tables
  std::uint32_t action_class = 0;
  std::uint32_t visibility = 0;
  std::uint32_t access = 0;
  std::string role;  // that access asks for
  bool ws = false;
};

struct GateDomain {
  std::string name;
  std::vector<GateAction> actions;
};

class CommandGate {
 public:
  virtual ~CommandGate() = default;

  const std::vector<GateDomain>& domains() const { return domains_; }
  const std::vector<UnavailableDomain>& unavailable() const { return unavailable_; }

  // [loop] Sends a command to domains()[domain]. The payload is JSON, valid for the call; the
  // waiter is called once, maybe before this returns.
  virtual void send(std::size_t domain, std::uint32_t action, std::string_view payload,
                    const Caller& caller, Waiter* waiter) = 0;

  // [inside Waiter::ended] The name and the wire JSON of a rejection of domains()[domain]; false
  // when it cannot be written.
  virtual bool describe(std::size_t domain, const composable_action& rejection, std::string& name,
                        std::string& json) const = 0;

 protected:
  explicit CommandGate(std::vector<GateDomain> domains,
                       std::vector<UnavailableDomain> unavailable = {})
      : domains_(std::move(domains)), unavailable_(std::move(unavailable)) {}

 private:
  std::vector<GateDomain> domains_;
  std::vector<UnavailableDomain> unavailable_;
};

}  // namespace composable::host
