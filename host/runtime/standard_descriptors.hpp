// open_standard_descriptors opens the descriptors 0, 1 and 2 of a process that was started without
// them. Main thread, before anything else is opened.
#pragma once

namespace composable::host {

// Opens /dev/null for each closed one, so that no file, socket or pipe of the host gets its number
// and, with it, output to standard output or error. A closed one stays unusable: writing standard
// output fails, which the verbs report; standard error drops its lines.
void open_standard_descriptors();

}  // namespace composable::host
