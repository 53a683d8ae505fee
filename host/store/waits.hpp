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

  // Gives a wait that could not be answered at once its deadline. No effect on a cause without a
  // waiter.
  void add(Cause& cause, std::uint32_t timeout_ms);

  // Ends the wait, if it has not ended yet.
  void end(Cause& cause, const Outcome& outcome);
  // Ends the wait badly, whatever it was going to end with. 503 and 409 promise that nothing of the
  // cause is stored: one that has stored something ends with 500, one that may yet, with 504.
  // Without a waiter, the failure is logged here; else the waiter logs it, with the answer.
  void end_now(Cause& cause, const Refusal& refusal);
  // The same, unless the wait already has an outcome that only waits for the log.
  void refuse(Cause& cause, const Refusal& refusal);

  void expire();  // those whose deadline has passed
  std::int64_t earliest() const { return deadlines_.earliest(); }  // steady microseconds

 private:
  const std::string domain_;
  Clock& clock_;
  Deadlines deadlines_;
};

}  // namespace composable::host
