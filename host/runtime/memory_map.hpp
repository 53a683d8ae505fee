// is_executable looks an address up in the process's memory map, /proc/self/maps.
#pragma once
#include <cstdint>

namespace composable::host {

// Whether code may run at `address` now. False when the map cannot be read. Safe inside a signal.
bool is_executable(std::uintptr_t address);

}  // namespace composable::host
