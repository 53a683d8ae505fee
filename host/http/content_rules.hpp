// What the body of a request must be called before a route reads it. Any thread.
#pragma once
#include <optional>

#include "http/request_view.hpp"
#include "http/route_table.hpp"
#include "runtime/refusal.hpp"

namespace composable::host {

// Once the head is there: 415 when a body is announced that is not named JSON in UTF-8.
std::optional<Refusal> check_content_type(const RequestView& request, const RouteTarget& target);

// Once the body is there: 400 when it is empty and the route needs one.
std::optional<Refusal> check_body(const RequestView& request, const RouteTarget& target);

}  // namespace composable::host
