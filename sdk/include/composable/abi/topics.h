/* composable.topics/1: the topics of the host's bus that a domain subscribes to. Domains publish with
 * `publish` of the effect sink.
 *
 * A topic is a name without an owner. A message reaches every domain of this host that has
 * subscribed, the publisher included: at most once, not stored, in the publisher's order. */
#pragma once
#include "composable/abi/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COMPOSABLE_TOPICS_EXTENSION "composable.topics/1"

#define COMPOSABLE_TOPIC_MAX_HOPS ((uint32_t)16) /* publishes of one cause, one after the other */

typedef struct composable_subscription {
  uint32_t struct_size;
  uint32_t action; /* the command or internal action that a message becomes */
  /* [a-z][a-z0-9._-]*, at most 128 bytes; once in a domain */
  composable_str topic;
} composable_subscription;

/* Data only. A message goes to decide as JSON that another domain has written, with
 * COMPOSABLE_CONTEXT_DELIVERED: unknown fields must be ignored, missing ones take their default. */
typedef struct composable_topics_v1 {
  uint32_t struct_size;
  uint32_t n_subscriptions;
  const composable_subscription* const* subscriptions;
} composable_topics_v1;

#ifdef __cplusplus
}
#endif
