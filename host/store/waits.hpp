// Waits ends the waits of one store: each ends once, with an outcome or at its deadline. [serial]
#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "runtime/clock.hpp"
#include "store/cause.hpp"
#include "store/deadlines.hpp"

namespace composable::host {

class Waits {
 public:
  Waits(std::string domain, Clock& clock) : domain_(std::move(domain)), clock_(clock) {}

  // What could not be answered at once gets a deadline. No effect on a cause nobody waits for.
  void add(Cause& cause, std::uint32_t timeout_ms);

  // Tells who waits, if anybody still does.
  void end(Cause& cause, const Outcome& outcome);
  // Ends the wait badly, whatever it was going to end with. 503 and 409 promise that nothing of the
  // cause is stored: one that has stored something ends with 500, one that may yet, with 504. A
  // failure that nobody waits for is logged here; else the waiter logs it, with the answer.
  void end_now(Cause& cause, const Refusal& refusal);
  // The same, unless the wait has an ending already that is only waiting for the log.
  void refuse(Cause& cause, const Refusal& refusal);

  void expire();  // those whose deadline has passed
  std::int64_t earliest() const { return deadlines_.earliest(); }  // steady microseconds

 private:
  const std::string domain_;
  Clock& clock_;
  Deadlines deadlines_;
};

}  // namespace composable::host
