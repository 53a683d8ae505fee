/* composable.reload/1: what becomes of a domain's state when another build replaces the running one.
 *
 * The state of an ephemeral domain is in memory only, so the serving build exports it and the next one
 * imports it. Or the domain declares that its state may be lost: COMPOSABLE_RELOAD_RESET. An ephemeral
 * domain that does neither is not reloaded; it can only be restarted.
 *
 * The next build of a durable domain makes the state from the log and does not need this extension.
 * With it, the host keeps exports of a build as a cache for the same build, so that a start replays
 * only the events after it.
 *
 * The bytes are the domain's own, UTF-8 or not, at most COMPOSABLE_MAX_STATE_BYTES. Their form has a
 * number, `state_schema` of the domain's table, from 1; a change after which import_state must look
 * at them differently takes the next number. Configuration is no state: the new build has its own. */
#pragma once
#include "composable/abi/domain.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COMPOSABLE_RELOAD_EXTENSION "composable.reload/1"

/* The state may be lost: the next build starts empty, whatever the one before has exported. Both
 * functions may be null then. Not for durable domains. */
#define COMPOSABLE_RELOAD_RESET ((uint32_t)1)

#define COMPOSABLE_MAX_STATE_BYTES ((uint32_t)67108864) /* 64 MiB */

typedef struct composable_reload_v1 {
  uint32_t struct_size;
  uint32_t flags; /* COMPOSABLE_RELOAD_* */

  /* [serial] Pure. Writes all that evolve has made, in the form `state_schema`. The domain answers no
   * request meanwhile and keeps serving afterwards, maybe for good. On failure nothing that was
   * written is used, and the domain keeps serving. */
  composable_status (*export_state)(const composable_state*, composable_writer*,
                                    composable_error*);

  /* [load] Fills a state that create() has just made, before anything else is called on it.
   * `from_schema` is the schema of the build that wrote the bytes, older or newer. It refuses what it
   * cannot read: COMPOSABLE_E_UNSUPPORTED for a schema, COMPOSABLE_E_INVALID for bytes, with the place
   * in the error's path. A state that was filled in part is destroyed, never used. */
  composable_status (*import_state)(composable_state*, uint32_t from_schema, composable_bytes,
                                    composable_error*);
} composable_reload_v1;

#ifdef __cplusplus
}
#endif
