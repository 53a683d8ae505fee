/* The effect sink: decide emits its effects through it.
 *
 * A table of host functions, valid until decide returns. Nothing happens while decide runs: the
 * host stages the effects, and discards all of them when decide fails. Every function returns
 * COMPOSABLE_OK or a failure, after which decide must return that status.
 *
 * Payloads in JSON form are copied before the function returns. Payloads in native form given to
 * `apply` and `announce` are borrowed until `commit`; to every other function, until it returns. */
#pragma once
#include "composable/abi/action.h"
#include "composable/abi/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The version an append expects its stream to be at. */
#define COMPOSABLE_EXPECT_SEEN ((uint32_t)0) /* as in the state that decide was given */
#define COMPOSABLE_EXPECT_ANY ((uint32_t)1)
#define COMPOSABLE_EXPECT_NONE ((uint32_t)2)   /* the stream has no event */
#define COMPOSABLE_EXPECT_EXISTS ((uint32_t)3) /* the stream has at least one */
#define COMPOSABLE_EXPECT_EXACT ((uint32_t)4)  /* `expected_version` */

/* Events for one stream. All appends of one decide are one atomic request. */
typedef struct composable_append {
  uint32_t struct_size;
  uint32_t expected;
  uint64_t expected_version;
  composable_str stream; /* 1..255 bytes, no control characters */
  const composable_action* events;
  size_t n_events; /* at least 1 */
} composable_append;

#define COMPOSABLE_GROUP_PARALLEL ((uint32_t)1)
#define COMPOSABLE_GROUP_SEQUENTIAL ((uint32_t)2) /* a step starts when everything that
                                                     followed from the one before has ended */

typedef struct composable_effects composable_effects;
struct composable_effects {
  uint32_t struct_size;
  uint32_t reserved;
  void* impl; /* the host's */

  /* [decide] Top level only; durable domains only. Evolved, then logged, then broadcast. An expectation
   * that does not hold refuses the command: 409 CONFLICT. */
  composable_status (*append)(composable_effects*, const composable_append*);
  /* [decide] Top level only; ephemeral domains only. Evolved, then broadcast, gone at exit. */
  composable_status (*apply)(composable_effects*, const composable_action* event);
  /* [decide] Top level only. Broadcast without evolve. A rejection goes to the caller only. */
  composable_status (*announce)(composable_effects*, const composable_action*);

  /* The effects below start after the commit of the same decide, and are dropped when that fails. */

  /* [decide] Feeds a command or internal action of this domain back to decide. */
  composable_status (*send)(composable_effects*, const composable_action*);
  /* [decide] Sends `action` after `delay_us` microseconds. A non-empty key replaces the pending
   * delay of the same key. With an append in the same decide it is stored in that commit and
   * survives restart and reload. */
  composable_status (*delay)(composable_effects*, composable_str key, uint64_t delay_us,
                             const composable_action* action);
  /* [decide] Cancels the pending delay of this key and asks each running job of it to end. Unknown keys
   * are ignored. */
  composable_status (*cancel)(composable_effects*, composable_str key);
  /* [decide] Runs job number `job` of composable.jobs/1 on a worker with a copy of `input`. */
  composable_status (*job)(composable_effects*, uint32_t job, composable_str key,
                           composable_bytes input);
  /* [decide] Reads up to `max` events of `stream` from `from_version` on and sends them as the
   * action type `into`: {"stream","events":[{"type","version","position","recorded_at","data"}],
   * "more"}. */
  composable_status (*load)(composable_effects*, composable_str stream, uint64_t from_version,
                            uint32_t max, uint32_t into);

  /* [decide] Begin and end a group, whose effects run at once or one after the other; groups nest up to
   * 16 deep. Only send, delay, job, load and publish are allowed inside. */
  composable_status (*begin)(composable_effects*, uint32_t group);
  composable_status (*end)(composable_effects*);

  /* [decide] Ends the list. Native payloads of apply and announce may be destroyed after it
   * returns, not before; the host may evolve and answer inside this call, so the state given to
   * decide must not be read afterwards. A decide without native payloads need not call it. */
  composable_status (*commit)(composable_effects*);

  /* [decide] Delivers an event of this domain to every domain of the host that subscribes to `topic`
   * (abi/topics.h), after the commit like the effects above. The cause does not wait for them. */
  composable_status (*publish)(composable_effects*, composable_str topic,
                               const composable_action* event);
};

#ifdef __cplusplus
}
#endif
