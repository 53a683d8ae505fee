#include "store/waits.hpp"

#include "observe/log.hpp"
#include "observe/log_rate.hpp"

namespace composable::host {

void Waits::add(Cause& cause, std::uint32_t timeout_ms) {
  if (cause.waiter != nullptr) deadlines_.add(cause, timeout_ms, clock_.steady_micros());
}

void Waits::end(Cause& cause, const Outcome& outcome) {
  if (cause.waiter == nullptr) return;
  deadlines_.remove(cause);
  std::exchange(cause.waiter, nullptr)->ended(outcome);
}

namespace {

// What keeps the promise of 503 and 409.
Refusal as_told(const Cause& cause, const Refusal& refusal) {
  if (refusal.status != 503 && refusal.status != 409) return refusal;
  if (cause.at_log != 0) {
    return timed_out("The outcome is unknown; it may still succeed", refusal.reason_for_log());
  }
  if (cause.position == 0) return refusal;
  return internal_error("a later step failed: " + refusal.reason_for_log());
}

}  // namespace

void Waits::end_now(Cause& cause, const Refusal& why) {
  const Refusal refusal = as_told(cause, why);
  if (cause.waiter == nullptr && refusal.status >= 500 &&
      log_rate().admit(LogLevel::kError, domain_, "background_failure", refusal.code)) {
    const Uuid& correlation = cause.meta.correlation;
    log_error(domain_, "background_failure",
              {{"code", refusal.code},
               {"reason", refusal.reason_for_log()},
               {"correlation_id", correlation.is_nil() ? "" : correlation.text()}});
  }
  end(cause, {.kind = Outcome::Kind::kRefused, .position = cause.position, .refusal = &refusal});
}

void Waits::refuse(Cause& cause, const Refusal& refusal) {
  if (!cause.decided || cause.waiter == nullptr) end_now(cause, refusal);
}

void Waits::expire() {
  const std::int64_t now = clock_.steady_micros();
  while (Cause* cause = deadlines_.expired(now)) {
    end_now(*cause, timed_out("Timed out waiting for the outcome"));
  }
}

}  // namespace composable::host
