// These functions check that the body of a request is JSON in UTF-8 before a route reads it. Any
// thread.
#pragma once
#include <optional>

#include "http/request_view.hpp"
#include "http/route_table.hpp"
#include "runtime/refusal.hpp"

namespace composable::host {

// When the head is complete: 415 for a body of known length whose Content-Type is not JSON in
// UTF-8.
std::optional<Refusal> check_head(const RequestView& request, const RouteTarget& target);

// When the body is complete: 415 for a chunked body with another Content-Type, since only now is it
// known not to be empty; 400 for no body where the route needs one.
std::optional<Refusal> check_body(const RequestView& request, const RouteTarget& target);

}  // namespace composable::host
