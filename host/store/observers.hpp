// Observers broadcasts the actions of one domain: in-process observers get all of them, the loops
// get what sockets may see. [serial]; subscribe() and close() are for any thread.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bus/action_ring.hpp"
#include "bus/broadcast.hpp"
#include "domain/domain_handle.hpp"
#include "store/cause.hpp"
#include "store/fact.hpp"

namespace composable::host {

class Observers {
 public:
  // `bus` may be null. `number` is the domain's in this host; observers keep `actions` each.
  Observers(std::string domain, std::uint32_t number, BroadcastBus* bus, std::size_t actions);

  // Numbers the action types that `domain` has more than the generation before.
  void resolve(const DomainHandle& domain);

  // `domain` is the one that decided. Loops get it with the next flush().
  void notify(const DomainHandle& domain, const Fact& fact, const Cause& cause);
  // Call it between telling and answering: an answer never overtakes its own events.
  void flush() {
    if (batch_ != nullptr) publish();
  }

  bool observed() const { return ring_->observed(); }  // in this process
  std::shared_ptr<ActionSubscriber> subscribe() { return ActionRing::subscribe(ring_); }  // [any]
  void close() { ring_->close(); }                                                        // [any]

 private:
  void publish();

  const std::string domain_;
  const std::uint32_t number_;
  BroadcastBus* const bus_;
  const std::shared_ptr<ActionRing> ring_;
  std::vector<std::uint32_t> ring_types_;  // by action type: its number in the ring
  std::shared_ptr<BroadcastBatch> batch_;
  std::string scratch_;  // the action that is being sent, as JSON
  CallError error_;      // of the last call that failed; read at once
};

}  // namespace composable::host
