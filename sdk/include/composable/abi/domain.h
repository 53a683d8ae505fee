/* A domain: one plugin's reducer with its state, actions and codec.
 *
 * Threads, in brackets on every function:
 *   [load]    on a short-lived loader thread, before or after all other calls of this state
 *   [serial]  one call at a time per state, on any thread; must not block
 *   [worker]  on the worker pool, at any time
 *   [any]     on any thread at any time; pure
 *   [decide]  a function of the host: only while the domain's decide runs, on its thread
 * No function may throw across the boundary or keep a pointer that it was given. */
#pragma once
#include "composable/abi/action.h"
#include "composable/abi/context.h"
#include "composable/abi/effects.h"
#include "composable/abi/host.h"
#include "composable/abi/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct composable_state composable_state; /* the plugin's; opaque to the host */

#define COMPOSABLE_DOMAIN_DURABLE ((uint32_t)1) /* else ephemeral */

#define COMPOSABLE_DECODE_WIRE ((uint32_t)0)   /* from a client: unknown and missing fields fail */
#define COMPOSABLE_DECODE_STORED ((uint32_t)1) /* of another build: they are ignored, defaulted */

/* The domain's table; a constant of the plugin. */
typedef struct composable_domain {
  uint32_t struct_size;
  uint32_t flags;
  composable_str name;    /* [a-z][a-z0-9_-]*, at most 64 bytes */
  composable_str version; /* of the domain, for people */
  const composable_action_type* const* actions;
  uint32_t n_actions;
  uint32_t state_schema; /* version of the form that composable.reload/1 exports; 0: none */

  /* [load] Makes the empty state. `config_json` is the domain's section of the configuration, `{}`
   * when there is none. On failure nothing may be left behind. */
  composable_status (*create)(const composable_host*, composable_str config_json,
                              composable_state** out, composable_error*);
  /* [load] */
  void (*destroy)(composable_state*);

  /* [serial] Pure. Called with commands and internal actions, in either form. COMPOSABLE_E_INVALID
   * when a JSON payload cannot be read, with the path in it; strictly, unless the context says
   * COMPOSABLE_CONTEXT_DELIVERED. */
  composable_status (*decide)(const composable_state*, const composable_action*,
                              const composable_context*, composable_effects*, composable_error*);
  /* [serial] The only function that changes the state. JSON payloads are read as stored ones. An event
   * that fails is not stored and its command is refused; a stored one that fails halts the domain, and
   * so does one of an ephemeral domain. */
  composable_status (*evolve)(composable_state*, const composable_action* event,
                              const composable_context*, composable_error*);

  /* [any] Writes a native payload as JSON. */
  composable_status (*encode)(const composable_action* native, composable_writer*,
                              composable_error*);
  /* [any] Whether a JSON payload can be read as its type; mode is COMPOSABLE_DECODE_*. */
  composable_status (*decode)(const composable_action* json, uint32_t mode, composable_error*);
  /* [any] Writes the sentence that a rejection, in either form, shows to people, and the place in the
   * input that it concerns. May be null: the type's `message` is used. */
  composable_status (*explain)(const composable_action* rejection, composable_writer* message,
                               composable_writer* path);

  /* [load] A domain extension table by id (`composable.routes/1`, `composable.jobs/1`,
   * `composable.topics/1`, `composable.reload/1`), or null. */
  const void* (*query_extension)(composable_str id);
} composable_domain;

/* The only symbol a plugin exports: composable_plugin_entry_v1. [load] Returns the table, or null
 * with the error filled; has no side effects. */
typedef const composable_domain* (*composable_plugin_entry)(const composable_host*,
                                                            composable_error*);
#define COMPOSABLE_PLUGIN_ENTRY_SYMBOL "composable_plugin_entry_v1"

#ifdef __cplusplus
}
#endif
