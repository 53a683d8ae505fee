// A StoreGate is the gate to the stores of a catalogue: the host serves sockets with it.
#pragma once
#include <memory>

#include "store/catalogue.hpp"
#include "ws/command_gate.hpp"

namespace composable::host {

class StoreGate final : public CommandGate {
 public:
  explicit StoreGate(std::shared_ptr<const Catalogue> catalogue);

  void send(std::size_t domain, std::uint32_t action, std::string_view payload,
            const Caller& caller, Waiter* waiter) override;
  bool describe(std::size_t domain, const composable_action& rejection, std::string& name,
                std::string& json) const override;

 private:
  std::shared_ptr<const Catalogue> catalogue_;
  std::vector<Store*> stores_;  // by the index in domains()
};

}  // namespace composable::host
