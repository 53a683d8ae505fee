#include "store/route_call.hpp"

#include "observe/log.hpp"

namespace composable::host {
Refusal refusal_of(const CallError& error, const std::string& domain, const char* where) {
  switch (error.code) {
    case COMPOSABLE_E_INVALID:
      return {400, "BAD_REQUEST", error.message, error.path, 0};
    case COMPOSABLE_E_NOT_FOUND:
      return {404, "NOT_FOUND", error.message, error.path, 0};
    case COMPOSABLE_E_OVERLOADED:
      log_warn(domain, "overloaded", {{"where", where}, {"reason", error.message}});
      return {503, "SERVICE_UNAVAILABLE", "The service is overloaded", "", 1};
    default:
      log_error(domain, "call_failed",
                {{"where", where}, {"code", error.code}, {"reason", error.message}});
      return {500, "INTERNAL_SERVER_ERROR", "An internal error occurred", "", 0};
  }
}

void RouteCall::ended(const Outcome& outcome) noexcept {
  RouteReply& reply = *reply_;
  if (outcome.kind == Outcome::Kind::kRefused) {
    reply.refuse(*outcome.refusal);
  } else {
    composable_outcome told{};
    told.struct_size = sizeof told;
    told.kind = outcome.kind == Outcome::Kind::kMatched ? COMPOSABLE_OUTCOME_MATCHED
                                                        : COMPOSABLE_OUTCOME_SETTLED;
    told.action = outcome.action;
    CallError error;
    if (domain_->to_response(route_->number, told, reply.response(), error) < 0) {
      reply.refuse(refusal_of(error, domain_->name(), "to_response"));
    } else {
      reply.finish();
    }
  }
  next_free = *free_list;
  *free_list = this;
}

void RouteCall::read(const DomainHandle& domain, const RouteType& route,
                     const composable_request& request, RouteReply& reply) noexcept {
  CallError error;
  if (domain.read(route.number, request, reply.response(), error) < 0) {
    reply.refuse(refusal_of(error, domain.name(), "read"));
  } else {
    reply.finish();
  }
}

}  // namespace composable::host
