// The reports of `check` and `routes` as text and as JSON. Pure; any thread.
#pragma once
#include <string>

#include "cli/verbs.hpp"

namespace composable::host {

// ok    auth    1.0.0  abi 1   6 routes   1 topic   plugins/auth.so
// fail  orders  plugins/orders.so: built for abi 3, …
// 1 of 2 domains would load
std::string check_text(const CheckReport& report);
std::string check_json(const CheckReport& report);

// The refusals alone, one line each.
std::string refusals_text(const CheckReport& report);

// POST /api/v1/orders → orders.PlaceOrder
// topic payments.received → orders.NotePayment
std::string routes_text(const RoutesReport& report);
std::string routes_json(const RoutesReport& report);

}  // namespace composable::host
