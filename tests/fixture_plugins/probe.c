/* The probe's reducer, its table and its entry. */
#include "probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_fields.h"

COMPOSABLE_NOTE("probe");

/* ---- making effects ---- */

static composable_action json(uint32_t type, const char* body) {
  return (composable_action){type, COMPOSABLE_FORM_JSON, body, strlen(body)};
}

static composable_status append(composable_effects* effects, composable_str stream,
                                uint32_t expected, const composable_action* event) {
  const composable_append request = {.struct_size = sizeof request,
                                     .expected = expected,
                                     .stream = stream,
                                     .events = event,
                                     .n_events = 1};
  return effects->append(effects, &request);
}

/* Appends Noted with `text`, which stands between its JSON quotes. */
static composable_status append_noted(composable_effects* effects, composable_str stream,
                                      uint32_t expected, composable_str text) {
  const size_t size = text.len + sizeof "{\"text\":\"\"}";
  char* body = malloc(size);
  if (body == NULL) return COMPOSABLE_E_FAILED;
  snprintf(body, size, "{\"text\":\"%.*s\"}", (int)text.len, text.ptr);
  const composable_action noted = json(kNoted, body);
  const composable_status status = append(effects, stream, expected, &noted);
  free(body);
  return status;
}

static uint32_t expectation(composable_str name) {
  if (str_is(name, "any")) return COMPOSABLE_EXPECT_ANY;
  if (str_is(name, "none")) return COMPOSABLE_EXPECT_NONE;
  if (str_is(name, "exists")) return COMPOSABLE_EXPECT_EXISTS;
  return COMPOSABLE_EXPECT_SEEN;
}

static composable_status append_pair(composable_effects* effects, composable_str body) {
  const composable_str text = COMPOSABLE_STR("pair");
  const composable_status status =
      append_noted(effects, json_text(body, "a"), COMPOSABLE_EXPECT_NONE, text);
  if (status != COMPOSABLE_OK) return status;
  return append_noted(effects, json_text(body, "b"), COMPOSABLE_EXPECT_NONE, text);
}

/* One more Link, or the end of the chain. */
static composable_status send_link(composable_effects* effects, uint64_t n) {
  const composable_action chained = json(kChained, "{}");
  if (n == 0) return effects->announce(effects, &chained);
  char body[40];
  snprintf(body, sizeof body, "{\"n\":%" PRIu64 "}", n - 1);
  const composable_action link = json(kLink, body);
  return effects->send(effects, &link);
}

static composable_status delay_fired(composable_effects* effects, composable_str body) {
  char fired_body[300];
  const composable_str key = json_text(body, "key");
  if (key.len > 255) return COMPOSABLE_E_FAILED;
  snprintf(fired_body, sizeof fired_body, "{\"key\":\"%.*s\"}", (int)key.len, key.ptr);
  const composable_action fired = json(kFired, fired_body);
  return effects->delay(effects, key, json_uint(body, "ms") * 1000, &fired);
}

static composable_status append_fired(composable_effects* effects, composable_str body) {
  char stream[300];
  const composable_str key = json_text(body, "key");
  const int len = snprintf(stream, sizeof stream, "later-%.*s", (int)key.len, key.ptr);
  return append_noted(effects, (composable_str){stream, (size_t)len}, COMPOSABLE_EXPECT_ANY, key);
}

static composable_status start_job(composable_effects* effects, uint32_t job, composable_str body) {
  const composable_bytes input = {(const uint8_t*)body.ptr, body.len};
  return effects->job(effects, job, json_text(body, "key"), input);
}

static composable_status echo_group(composable_effects* effects, uint32_t group, uint64_t n) {
  composable_status status = effects->begin(effects, group);
  for (uint64_t i = 1; i <= n && status == COMPOSABLE_OK; ++i) {
    char body[40];
    const int len = snprintf(body, sizeof body, "{\"text\":\"%" PRIu64 "\"}", i);
    status = start_job(effects, kJobEcho, (composable_str){body, (size_t)len});
  }
  return status == COMPOSABLE_OK ? effects->end(effects) : status;
}

static composable_status publish_told(composable_effects* effects, composable_str body,
                                      composable_str topic) {
  const composable_action told = {kTold, COMPOSABLE_FORM_JSON, body.ptr, body.len};
  const composable_str stream = json_text(body, "stream");
  if (stream.len != 0) {
    const composable_status appended =
        append_noted(effects, stream, COMPOSABLE_EXPECT_SEEN, json_text(body, "text"));
    if (appended != COMPOSABLE_OK) return appended;
  }
  return effects->publish(effects, topic, &told);
}

static composable_status publish_all(composable_effects* effects, composable_str body) {
  composable_status status = effects->begin(effects, COMPOSABLE_GROUP_SEQUENTIAL);
  for (uint64_t i = 1; i <= json_uint(body, "n") && status == COMPOSABLE_OK; ++i) {
    char text[40];
    snprintf(text, sizeof text, "{\"text\":\"%" PRIu64 "\"}", i);
    const composable_action told = json(kTold, text);
    status = effects->publish(effects, json_text(body, "topic"), &told);
  }
  return status == COMPOSABLE_OK ? effects->end(effects) : status;
}

/* ---- the reducer ---- */

static composable_status decide(const composable_state* state, const composable_action* action,
                                const composable_context* context, composable_effects* effects,
                                composable_error* error) {
  (void)state;
  const int delivered = (context->flags & COMPOSABLE_CONTEXT_DELIVERED) != 0;
  const composable_status status = probe_decode(
      action, delivered ? COMPOSABLE_DECODE_STORED : COMPOSABLE_DECODE_WIRE, error);
  if (status != COMPOSABLE_OK) return status;
  const composable_str body = {action->data, action->size};
  const composable_str stream = json_text(body, "stream");
  const composable_str echo = COMPOSABLE_STR("echo");
  const composable_str heard = COMPOSABLE_STR("heard");
  const composable_str circle = COMPOSABLE_STR("probe.circle");
  composable_action same = *action; /* to be passed on under another type */
  switch (action->type) {
    case kNote:
      return append_noted(effects, stream, expectation(json_text(body, "expect")),
                          json_text(body, "text"));
    case kPair:
      return append_pair(effects, body);
    case kFail:
      return probe_fail(error, COMPOSABLE_E_EXCEPTION, "", "the probe was asked to fail");
    case kPoison:
      same = json(kPoisoned, "{}");
      return append(effects, stream, COMPOSABLE_EXPECT_SEEN, &same);
    case kTell:
      same.type = kTold;
      return effects->announce(effects, &same);
    case kRefuse:
      same.type = kRefused;
      return effects->announce(effects, &same);
    case kChain:
    case kLink:
      return send_link(effects, json_uint(body, "n"));
    case kSchedule: {
      const composable_status appended =
          append_noted(effects, stream, COMPOSABLE_EXPECT_SEEN, json_text(body, "key"));
      return appended == COMPOSABLE_OK ? delay_fired(effects, body) : appended;
    }
    case kLater:
      return delay_fired(effects, body);
    case kFired:
      return append_fired(effects, body);
    case kCancel:
      return effects->cancel(effects, json_text(body, "key"));
    case kEcho:
      return start_job(effects, kJobEcho, body);
    case kSlow:
      return start_job(effects, kJobSlow, body);
    case kBreak:
      return start_job(effects, kJobBroken, body);
    case kParallel:
      return echo_group(effects, COMPOSABLE_GROUP_PARALLEL, json_uint(body, "n"));
    case kSequential:
      return echo_group(effects, COMPOSABLE_GROUP_SEQUENTIAL, json_uint(body, "n"));
    case kEchoed:
      return append_noted(effects, echo, COMPOSABLE_EXPECT_ANY, json_text(body, "text"));
    case kLoad:
      return effects->load(effects, stream, 1, 100, kPage);
    case kPublish:
      return publish_told(effects, body, json_text(body, "topic"));
    case kPublishAll:
      return publish_all(effects, body);
    case kHeard:
      return append_noted(effects, heard, COMPOSABLE_EXPECT_ANY, json_text(body, "text"));
    case kCircled:
      return publish_told(effects, body, circle);
    case kPage:
      same.type = kPaged;
      return effects->announce(effects, &same);
    default: /* Quiet */
      return COMPOSABLE_OK;
  }
}

static void digest(composable_state* state, const void* data, size_t len) {
  const uint8_t* bytes = data;
  for (size_t i = 0; i < len; ++i) {
    state->digest = (state->digest ^ bytes[i]) * UINT64_C(0x100000001b3);
  }
}

static composable_status evolve(composable_state* state, const composable_action* event,
                                const composable_context* context, composable_error* error) {
  if (event->type == kPoisoned) {
    return probe_fail(error, COMPOSABLE_E_FAILED, "", "the probe was poisoned");
  }
  const composable_status status = probe_decode(event, COMPOSABLE_DECODE_STORED, error);
  if (status != COMPOSABLE_OK) return status;
  const composable_str body = {event->data, event->size};
  const composable_str text = json_text(body, "text");
  state->noted += 1;
  state->position = context->position;
  digest(state, context->stream.ptr, context->stream.len);
  digest(state, text.ptr, text.len);
  digest(state, &context->version, sizeof context->version);
  digest(state, &context->position, sizeof context->position);
  digest(state, &context->recorded_at_us, sizeof context->recorded_at_us);
  return COMPOSABLE_OK;
}

static composable_status create(const composable_host* host, composable_str config,
                                composable_state** out, composable_error* error) {
  (void)host, (void)config;
  *out = calloc(1, sizeof **out);
  if (*out == NULL) return probe_fail(error, COMPOSABLE_E_FAILED, "", "out of memory");
  (*out)->digest = UINT64_C(0xcbf29ce484222325);
  return COMPOSABLE_OK;
}

static void destroy(composable_state* state) { free(state); }

/* ---- the tables and the entry ---- */

#define SUBSCRIPTION(name, number)                                                              \
  &(const composable_subscription) {                                                            \
    .struct_size = sizeof(composable_subscription), .action = number, .topic = COMPOSABLE_STR(name) \
  }
static const composable_subscription* const kSubscriptions[] = {
    SUBSCRIPTION("probe.told", kHeard), SUBSCRIPTION("probe.circle", kCircled)};

static const composable_topics_v1 probe_topics = {
    .struct_size = sizeof(composable_topics_v1),
    .n_subscriptions = sizeof kSubscriptions / sizeof *kSubscriptions,
    .subscriptions = kSubscriptions};

static const void* query_extension(composable_str id) {
  if (str_is(id, COMPOSABLE_ROUTES_EXTENSION)) return &probe_routes;
  if (str_is(id, COMPOSABLE_JOBS_EXTENSION)) return &probe_jobs;
  if (str_is(id, COMPOSABLE_TOPICS_EXTENSION)) return &probe_topics;
  return NULL;
}

static const composable_domain kProbe = {.struct_size = sizeof(composable_domain),
                                         .flags = COMPOSABLE_DOMAIN_DURABLE,
                                         .name = COMPOSABLE_STR("probe"),
                                         .version = COMPOSABLE_STR("1.0.0"),
                                         .actions = probe_actions,
                                         .n_actions = kActions,
                                         .create = create,
                                         .destroy = destroy,
                                         .decide = decide,
                                         .evolve = evolve,
                                         .decode = probe_decode,
                                         .query_extension = query_extension};

__attribute__((visibility("default"))) const composable_domain* composable_plugin_entry_v1(
    const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  return &kProbe;
}
