// make_host_app makes the host that the command line drives. Main thread.
#pragma once
#include <memory>

#include "cli/host_app.hpp"

namespace composable::host {

std::unique_ptr<HostApp> make_host_app();

}  // namespace composable::host
