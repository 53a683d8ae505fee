// These functions check texts of the configuration. Each returns what it expected, or an empty
// text when the value is good; the caller adds the place and what was found. Pure; any thread.
#pragma once
#include <string>
#include <string_view>

namespace composable::host::value_checks {

std::string host(std::string_view value);         // an address to listen on
std::string listen(std::string_view value);       // HOST:PORT or nothing
std::string network(std::string_view value);      // an address or CIDR range
std::string host_header(std::string_view value);  // a host name or address, perhaps with a port
std::string origin(std::string_view value);       // scheme://host[:port]
std::string directory(std::string_view value);    // not empty
// Returns the whole error, since no part of such a value may be shown.
std::string database_refusal(std::string_view url);
std::string log_level(std::string_view value);
std::string log_format(std::string_view value);

}  // namespace composable::host::value_checks
