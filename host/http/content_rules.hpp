// These functions check that the body of a request is JSON in UTF-8 before a route reads it. Any
// thread.
#pragma once
#include <optional>

#include "http/request_view.hpp"
#include "http/route_table.hpp"
#include "runtime/refusal.hpp"

namespace composable::host {

// Once the head is there: 415 when a body of known length is announced that is not named JSON in
// UTF-8.
std::optional<Refusal> check_head(const RequestView& request, const RouteTarget& target);

// Once the body is there: 415 for a chunked one that is not named so, which only now is known not
// to be empty; 400 for none where the route needs one.
std::optional<Refusal> check_body(const RequestView& request, const RouteTarget& target);

}  // namespace composable::host
