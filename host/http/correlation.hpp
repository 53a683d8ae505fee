// correlation_of returns the correlation id of a request: the label under which people find it in
// logs. Nothing is matched by it.
#pragma once
#include "http/request_view.hpp"
#include "runtime/rng.hpp"
#include "runtime/uuid.hpp"

namespace composable::host {

// The request's X-Correlation-ID when it is one header with one UUID that is not nil; else a new
// UUIDv7 of `now_us`, Unix time.
Uuid correlation_of(const RequestView& request, std::int64_t now_us, Rng& rng);

}  // namespace composable::host
