#include "store/route_call.hpp"

#include "observe/log.hpp"

namespace composable::host {
namespace {

// The error record for the calls that DomainHandle does not wrap, and its reading.
struct ErrorRecord {
  composable_error record;

  ErrorRecord() {
    record.struct_size = sizeof record;
    record.message_len = 0;
    record.path_len = 0;
    record.offset = 0xffffffffu;
  }
  CallError read(composable_status code) const {
    return {code, {record.message, std::min<std::size_t>(record.message_len, sizeof record.message)},
            {record.path, std::min<std::size_t>(record.path_len, sizeof record.path)}};
  }
};

}  // namespace

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
    ErrorRecord error;
    const composable_status status = domain_->routes_table()->to_response(
        domain_->state(), route_->number, &told, &reply.response(), &error.record);
    if (status < 0) {
      reply.refuse(refusal_of(error.read(status), domain_->name(), "to_response"));
    } else {
      reply.finish();
    }
  }
  next_free = *free_list;
  *free_list = this;
}

void RouteCall::read(const DomainHandle& domain, const RouteType& route,
                     const composable_request& request, RouteReply& reply) noexcept {
  ErrorRecord error;
  const composable_status status = domain.routes_table()->read(
      domain.state(), route.number, &request, &reply.response(), &error.record);
  if (status < 0) {
    reply.refuse(refusal_of(error.read(status), domain.name(), "read"));
  } else {
    reply.finish();
  }
}

}  // namespace composable::host
