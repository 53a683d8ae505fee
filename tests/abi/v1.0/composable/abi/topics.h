/* composable.topics/1: which topics of the host's bus a domain listens to. The other end is
 * `publish` in the effect sink.
 *
 * A topic is a name; nobody owns it. What is published reaches every domain of this host that has
 * subscribed, the publisher too: at most once, not stored, in the order of its publisher. */
#pragma once
#include "composable/abi/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COMPOSABLE_TOPICS_EXTENSION "composable.topics/1"

#define COMPOSABLE_TOPIC_MAX_HOPS ((uint32_t)16) /* publishes of one cause, one after the other */

typedef struct composable_subscription {
  uint32_t struct_size;
  uint32_t action; /* the command or internal action that what arrives is decided as */
  /* [a-z][a-z0-9._-]*, at most 128 bytes; once in a domain */
  composable_str topic;
} composable_subscription;

/* Data only. What arrives goes to decide as JSON of another domain's making, with
 * COMPOSABLE_CONTEXT_DELIVERED: unknown fields are to be ignored, missing ones defaulted. */
typedef struct composable_topics_v1 {
  uint32_t struct_size;
  uint32_t n_subscriptions;
  const composable_subscription* const* subscriptions;
} composable_topics_v1;

#ifdef __cplusplus
}
#endif
