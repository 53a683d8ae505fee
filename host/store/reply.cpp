// Who waits is told how it ended.
#include <utility>

#include "observe/log.hpp"
#include "store/pipeline.hpp"

namespace composable::host {

// Ends the wait of the cause when the fact is what it waits for.
void Store::Core::reply_if_awaited(const Fact& fact, Cause& cause) {
  if (cause.waiter == nullptr) return;
  const ActionType& type = domain_->actions()[fact.action.type];
  if (cause.match != nullptr) {
    std::string data;
    CallError error;
    if (domain_->encode(fact.action, data, error) < 0 || !(*cause.match)(type.name, data)) return;
    const composable_action json{type.number, COMPOSABLE_FORM_JSON, data.data(), data.size()};
    return reply(cause,
                 {.kind = Outcome::Kind::kMatched, .action = &json, .position = fact.position});
  }
  if (cause.route != Cause::kNoRoute) {
    for (const std::uint32_t outcome : domain_->routes()[cause.route].outcomes) {
      if (outcome == fact.action.type) {
        return reply(
            cause,
            {.kind = Outcome::Kind::kMatched, .action = &fact.action, .position = cause.position});
      }
    }
  }
  if (type.action_class == COMPOSABLE_CLASS_REJECTION) {
    Refusal refusal{static_cast<std::uint16_t>(type.status), type.code, {}, {}, 0};
    domain_->explain(fact.action, refusal.message, refusal.path);
    reply(cause, {.kind = Outcome::Kind::kRefused,
                  .action = &fact.action,
                  .position = cause.position,
                  .refusal = &refusal});
  }
}

void Store::Core::reply(Cause& cause, const Outcome& outcome) {
  if (cause.waiter == nullptr) return;
  deadlines_.remove(cause);
  std::exchange(cause.waiter, nullptr)->ended(outcome);
}

// What fails with nobody waiting for it is told to the log; else who waited logs it, with the
// answer.
void Store::Core::refuse(Cause& cause, const Refusal& refusal) {
  if (cause.waiter == nullptr && refusal.status >= 500) {
    log_error(
        name_, "failed_unawaited",
        {{"code", refusal.code},
         {"reason", refusal.reason_for_log()},
         {"correlation_id", cause.meta.correlation.is_nil() ? "" : cause.meta.correlation.text()}});
  }
  reply(cause, {.kind = Outcome::Kind::kRefused, .position = cause.position, .refusal = &refusal});
}

}  // namespace composable::host
