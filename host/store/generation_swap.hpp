// A GenerationSwap puts the next generation in the place of the one that serves. A durable one
// evolves the log beside the old generation, then what is in flight; an ephemeral one imports the
// state that the old one exports. [own thread], except where marked.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "events/event_store.hpp"
#include "runtime/clock.hpp"
#include "store/flight.hpp"
#include "store/serial_section.hpp"
#include "store/serving_state.hpp"
#include "store/store.hpp"
#include "store/store_status.hpp"

namespace composable::host {

class GenerationSwap {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // `next` serves from now on; what served until now is left in it. `position`: what its state
    // has taken in of the log. `timers`: what the log has, where delays may have been dropped; else
    // null.
    virtual void take_place(std::shared_ptr<DomainHandle>& next, std::uint64_t position,
                            std::vector<StoredTimer>* timers) STORE_SERIAL = 0;
  };
  // What it works with; all outlive it.
  struct Dependencies {
    Owner& owner;
    SerialSection& section;
    const StoreStatus& status;
    const ServingState& serving;
    const Flight& flight;
    EventStore* log;
    Clock& clock;
    std::uint64_t snapshot_events;
  };
  GenerationSwap(std::string domain, const Dependencies& dependencies)
      : domain_(std::move(domain)), deps_(dependencies) {}

  // As Store::replace and export_state.
  absl::StatusOr<SwapReport> replace(std::shared_ptr<DomainHandle> next);
  absl::StatusOr<ExportedState> export_state();

 private:
  struct Successor;  // the generation that is to serve, and how far it has come

  absl::Status catch_up_with_serving(Successor& successor);
  absl::StatusOr<std::uint64_t> evolve_until(Successor& successor, std::uint64_t until);
  bool lags(const Successor& successor) const STORE_SERIAL;
  absl::Status evolve_tail(Successor& successor) STORE_SERIAL;
  absl::Status evolve_in_flight(Successor& successor, const FlightEntry& entry) STORE_SERIAL;
  absl::Status carry_over(Successor& successor) STORE_SERIAL;
  absl::Status export_inside(ExportedState& state) STORE_SERIAL;

  const std::string domain_;
  const Dependencies deps_;
};

}  // namespace composable::host
