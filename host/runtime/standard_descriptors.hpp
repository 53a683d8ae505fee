// open_standard_descriptors opens the descriptors 0, 1 and 2 of a process that was started without
// them. Main thread, before anything else is opened.
#pragma once

namespace composable::host {

// Opens /dev/null for each that is closed, so that no file, socket or pipe of the host gets its
// number and with it what is written to standard output or error. One that was closed stays
// unusable: standard output cannot be written, which the verbs say; standard error drops its lines.
void open_standard_descriptors();

}  // namespace composable::host
