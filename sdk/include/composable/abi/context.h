/* The context of a reducer: all that it may read besides state and action. It has no clock, no random
 * source and no I/O. */
#pragma once
#include "composable/abi/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COMPOSABLE_CONTEXT_REPLAYING ((uint32_t)1) /* state is being rebuilt from the log */
#define COMPOSABLE_CONTEXT_DELIVERED ((uint32_t)2) /* decide: follows from a topic, so from another
                                                      build: JSON is read as a stored payload */

/* Owned by the host, valid for the call. Strings are empty where they do not apply. */
typedef struct composable_context {
  uint32_t struct_size;
  uint32_t flags;
  int64_t recorded_at_us; /* Unix time in microseconds; decide and the evolves of what it made, live
                             and replayed, see the same value */
  uint64_t version;       /* evolve: of the event in its stream, from 1; decide: 0 */
  uint64_t position;      /* evolve: 0; decide: of the last durable event, the same for all
                             decides between two commits */
  uint64_t random[2];     /* decide: fresh for every call; evolve: 0 */
  composable_str stream;  /* evolve: of the event */
  composable_str actor;   /* the user who caused it; empty: unknown */
  composable_str correlation_id; /* 8-4-4-4-12 lower-case hex, or empty */
} composable_context;

#ifdef __cplusplus
}
#endif
