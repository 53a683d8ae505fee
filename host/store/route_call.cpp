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

void RouteCall::render(const Outcome& outcome) noexcept {
  if (outcome.kind == Outcome::Kind::kRefused) return;
  composable_outcome shown{};
  shown.struct_size = sizeof shown;
  shown.kind = outcome.kind == Outcome::Kind::kMatched ? COMPOSABLE_OUTCOME_MATCHED
                                                       : COMPOSABLE_OUTCOME_SETTLED;
  shown.action = outcome.action;
  CallError error;
  failure_.reset();  // of an earlier state, which failed to become durable
  if ((*domain_)->to_response(route_, shown, reply_->response(), error) < 0) {
    failure_ = refusal_of(error, "to_response");
    // The command is decided, so nothing is wrong with the request, whatever it says.
    if (failure_->status == 400) {
      failure_ = internal_error(absl::StrFormat("to_response: %s", error.message));
    }
  }
  check_response("to_response");
}

void RouteCall::read(const composable_request& request) noexcept {
  CallError error;
  reads_ = true;
  if ((*domain_)->read(route_, request, reply_->response(), error) < 0) {
    failure_ = refusal_of(error, "read");
  }
  check_response("read");
}

// An answer that could not be written as the plugin meant it is the plugin's fault, whether it goes
// on or gives up.
void RouteCall::check_response(std::string_view where) noexcept {
  const std::string_view fault = reply_->response_fault();
  if (!fault.empty()) failure_ = internal_error(absl::StrFormat("%s: %s", where, fault));
}

void RouteCall::ended(const Outcome& outcome) noexcept {
  // A command that appended nothing says nothing of the log, nor does an error of the rendering.
  const bool failed =
      outcome.kind == Outcome::Kind::kRefused || (failure_ && failure_->status >= 500);
  if (log_ != nullptr && !failed && (reads_ || outcome.position != 0)) {
    reply_->rests_on(log_->epoch(), outcome.position);
  }
  if (outcome.kind == Outcome::Kind::kRefused) {
    reply_->refuse(*outcome.refusal);  // in place of what was rendered, if anything was
  } else if (failure_) {
    reply_->refuse(*failure_);
  } else {
    reply_->finish();
  }
  next_free = *free_list;
  *free_list = this;
}

}  // namespace composable::host
