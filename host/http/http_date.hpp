// write_http_date formats the Date header (RFC 9110, 5.6.7). Any thread.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace composable::host {

inline constexpr std::size_t kHttpDateLength = 29;

// "Sun, 06 Nov 1994 08:49:37 GMT", of seconds since 1970 UTC.
void write_http_date(std::int64_t unix_seconds, std::array<char, kHttpDateLength>& out);

}  // namespace composable::host
