#include "store/route_call.hpp"

#include "absl/strings/str_format.h"

namespace composable::host {

Refusal refusal_of(const CallError& error, std::string_view where) {
  switch (error.code) {
    case COMPOSABLE_E_INVALID:
      return bad_request(error.message, error.path);
    case COMPOSABLE_E_NOT_FOUND:
      return not_found(error.message, error.path);
    case COMPOSABLE_E_OVERLOADED:
      return unavailable("The service is overloaded",
                         absl::StrFormat("%s: %s", where, error.message));
    default:
      return internal_error(absl::StrFormat("%s: %s (%d)", where, error.message, error.code));
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
    if ((*domain_)->to_response(route_, told, reply.response(), error) < 0) {
      reply.refuse(refusal_of(error, "to_response"));
    } else {
      reply.finish();
    }
  }
  next_free = *free_list;
  *free_list = this;
}

void RouteCall::read(const DomainHandle& domain, std::uint32_t route,
                     const composable_request& request, RouteReply& reply) noexcept {
  CallError error;
  if (domain.read(route, request, reply.response(), error) < 0) {
    reply.refuse(refusal_of(error, "read"));
  } else {
    reply.finish();
  }
}

}  // namespace composable::host
