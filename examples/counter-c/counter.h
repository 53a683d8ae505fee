/* What the two halves of the counter share: its action types and the reading of what comes in. */
#pragma once
#include "composable/abi/composable.h"

/* The numbers of the action types; the commands first, their events in the same order. */
enum {
  kIncrement,
  kDecrement,
  kReset,
  kIncremented,
  kDecremented,
  kWasReset,
  kOutOfRange,
  kActions
};

/* Reads {} or, where the type has the field, {"by": <integer>}; nothing else will do. An absent
 * `by` is 1. COMPOSABLE_E_INVALID fills the error. */
composable_status read_by(const composable_action* action, int64_t* by, composable_error* error);

/* Reads {"count": <integer>}, the state as a build of the counter has exported it. */
composable_status read_exported(composable_bytes bytes, int64_t* count, composable_error* error);

/* Fills the error and returns COMPOSABLE_E_INVALID. */
composable_status invalid(composable_error* error, const char* path, const char* message);
