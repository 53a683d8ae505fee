// SerialRole lets clang's thread-safety analysis check the serial section: a role that a thread
// has while it is inside. A thread is never inside two domains at once, so one role serves all of
// them.
#pragma once
#include "absl/base/thread_annotations.h"

namespace composable::host {

struct ABSL_LOCKABLE SerialRole {};
inline SerialRole serial_role;

// What needs the serial section, and what only it touches.
#define STORE_SERIAL ABSL_EXCLUSIVE_LOCKS_REQUIRED(::composable::host::serial_role)
#define STORE_GUARDED ABSL_GUARDED_BY(::composable::host::serial_role)

// Tells the analysis what it cannot see: work that the section runs is inside.
inline void assert_serial() ABSL_ASSERT_EXCLUSIVE_LOCK(serial_role) {}

}  // namespace composable::host
