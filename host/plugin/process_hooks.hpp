// These functions find what in the process points into a library that is about to be unmapped.
// Called on the thread that unloads, while the library is still mapped.
#pragma once
#include <string>

#include "plugin/library.hpp"

namespace composable::host {

// The first one that is found, such as "the handler of SIGUSR2"; empty: none is visible. lint()
// looks for those that are not, such as on_exit.
std::string hook_into(CodeExtent library);

// Copies what the environment keeps in the memory of libraries, as putenv leaves it there, so that
// it outlives them. Other threads that read the environment meanwhile find one or the other.
void copy_environment_out_of_libraries();

}  // namespace composable::host
