#include "store/ending.hpp"

namespace composable::host {

bool ends_wait(const DomainHandle& domain, const Fact& fact, const Cause& cause, Ending& ending) {
  const ActionType& type = domain.actions()[fact.action.type];
  ending.action = fact.action;
  ending.outcome = {
      .kind = Outcome::Kind::kMatched, .action = &ending.action, .position = cause.position};
  if (cause.match != nullptr) {
    ending.encoded.clear();
    CallError error;
    if (domain.encode(fact.action, ending.encoded, error) < 0 ||
        !(*cause.match)(type.name, ending.encoded)) {
      return false;
    }
    ending.action = {type.number, COMPOSABLE_FORM_JSON, ending.encoded.data(),
                     ending.encoded.size()};
    ending.outcome.position = fact.position;
    return true;
  }
  if (cause.route != Cause::kNoRoute) {
    for (const std::uint32_t outcome : domain.routes()[cause.route].outcomes) {
      if (outcome == fact.action.type) return true;
    }
  }
  if (type.action_class != COMPOSABLE_CLASS_REJECTION) return false;
  ending.refusal = {static_cast<std::uint16_t>(type.status), type.code, {}, {}, 0};
  domain.explain(fact.action, ending.refusal.message, ending.refusal.path);
  ending.outcome.kind = Outcome::Kind::kRefused;
  ending.outcome.refusal = &ending.refusal;
  return true;
}

}  // namespace composable::host
