// These functions choose where the public and the admin listener listen, from the configuration
// and the addresses of this machine. Main thread.
#pragma once
#include <vector>

#include "absl/status/statusor.h"
#include "config/config.hpp"
#include "net/admin_listener.hpp"
#include "net/listener.hpp"

namespace composable::host {

// All addresses that are configured by name, and those of the others that work; the log has a line
// for each that does not. An error: none is left.
absl::StatusOr<std::vector<ListenAddress>> public_addresses(const ListenConfig& config);

AdminOptions admin_options(const Config& config);

}  // namespace composable::host
