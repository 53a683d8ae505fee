/* The counter, in C11 straight on the ABI: an ephemeral domain that counts up and down.
 *
 * Payloads cross as JSON text, so there is no codec; read_by is all the parsing it needs. Every
 * function here is pure but evolve, the only place where the count moves. */
#include "counter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

COMPOSABLE_NOTE("counter");

#define MOST (INT64_C(1) << 53) /* JSON numbers are exact up to here everywhere */

struct composable_state {
  int64_t count;
};

/* ---- what there is: actions and their shapes ---- */

static const composable_type kInt64 = {
    .struct_size = sizeof(composable_type), .kind = COMPOSABLE_KIND_INT, .bits = 64};
static const composable_field kBy = {.struct_size = sizeof(composable_field),
                                     .flags = COMPOSABLE_FIELD_OPTIONAL,
                                     .name = COMPOSABLE_STR("by"),
                                     .type = &kInt64};
static const composable_type kStep = {.struct_size = sizeof(composable_type),
                                      .kind = COMPOSABLE_KIND_OBJECT,
                                      .n_fields = 1,
                                      .fields = (const composable_field* const[]){&kBy}};
static const composable_type kEmpty = {.struct_size = sizeof(composable_type),
                                       .kind = COMPOSABLE_KIND_OBJECT};

#define COMMAND(text, shape)                                                                 \
  &(const composable_action_type) {                                                          \
    .struct_size = sizeof(composable_action_type), .action_class = COMPOSABLE_CLASS_COMMAND, \
    .flags = COMPOSABLE_ACTION_WS, .name = COMPOSABLE_STR(text), .schema = &(shape)          \
  }
#define EVENT(text, shape)                                                                       \
  &(const composable_action_type) {                                                              \
    .struct_size = sizeof(composable_action_type), .action_class = COMPOSABLE_CLASS_EVENT,       \
    .visibility = COMPOSABLE_VISIBILITY_PUBLIC, .name = COMPOSABLE_STR(text), .schema = &(shape) \
  }

static const composable_action_type kOutOfRangeType = {
    .struct_size = sizeof(composable_action_type),
    .action_class = COMPOSABLE_CLASS_REJECTION,
    .status = 422,
    .name = COMPOSABLE_STR("OutOfRange"),
    .code = COMPOSABLE_STR("OUT_OF_RANGE"),
    .message = COMPOSABLE_STR("the step would take the count beyond 2^53"),
    .schema = &kStep};

static const composable_action_type* const kActionTypes[kActions] = {
    [kIncrement] = COMMAND("Increment", kStep),
    [kIncremented] = EVENT("Incremented", kStep),
    [kDecrement] = COMMAND("Decrement", kStep),
    [kDecremented] = EVENT("Decremented", kStep),
    [kReset] = COMMAND("Reset", kEmpty),
    [kWasReset] = EVENT("WasReset", kEmpty),
    [kOutOfRange] = &kOutOfRangeType};

/* ---- the reducer ---- */

static composable_status decode(const composable_action* json, uint32_t mode,
                                composable_error* error) {
  int64_t by;
  (void)mode; /* nothing of an ephemeral domain is ever stored */
  return read_by(json, &by, error);
}

static composable_status create(const composable_host* host, composable_str config,
                                composable_state** out, composable_error* error) {
  (void)host, (void)config;
  *out = calloc(1, sizeof **out);
  if (*out == NULL) invalid(error, "", "out of memory");
  return *out != NULL ? COMPOSABLE_OK : COMPOSABLE_E_FAILED;
}

static void destroy(composable_state* state) { free(state); }

static int in_range(int64_t count, uint32_t type, int64_t by) {
  if (by < -MOST || by > MOST) return 0;
  const int64_t next = type == kDecrement ? count - by : count + by;
  return next >= -MOST && next <= MOST;
}

static composable_status decide(const composable_state* state, const composable_action* command,
                                const composable_context* context, composable_effects* effects,
                                composable_error* error) {
  int64_t by;
  const composable_status status = read_by(command, &by, error);
  if (status != COMPOSABLE_OK) return status;
  (void)context;
  char body[40] = "{}";
  if (command->type != kReset) snprintf(body, sizeof body, "{\"by\":%" PRId64 "}", by);
  composable_action outcome = {command->type + kIncremented, COMPOSABLE_FORM_JSON, body,
                               strlen(body)};
  if (command->type != kReset && !in_range(state->count, command->type, by)) {
    outcome.type = kOutOfRange;
    return effects->announce(effects, &outcome);
  }
  return effects->apply(effects, &outcome);
}

static composable_status evolve(composable_state* state, const composable_action* event,
                                const composable_context* context, composable_error* error) {
  int64_t by;
  const composable_status status = read_by(event, &by, error);
  if (status != COMPOSABLE_OK) return status;
  (void)context;
  if (event->type == kIncremented) state->count += by;
  if (event->type == kDecremented) state->count -= by;
  if (event->type == kWasReset) state->count = 0;
  return COMPOSABLE_OK;
}

/* ---- the routes ---- */

#define POST(at, from, to)                                                                      \
  &(const composable_route) {                                                                   \
    .struct_size = sizeof(composable_route), .kind = COMPOSABLE_ROUTE_COMMAND,                  \
    .method = COMPOSABLE_METHOD_POST, .flags = COMPOSABLE_ROUTE_BODY_OPTIONAL, .command = from, \
    .n_outcomes = 1, .outcomes = (const uint32_t[]){to}, .pattern = COMPOSABLE_STR(at)          \
  }
#define GET(at)                                                             \
  &(const composable_route) {                                               \
    .struct_size = sizeof(composable_route), .kind = COMPOSABLE_ROUTE_READ, \
    .method = COMPOSABLE_METHOD_GET, .pattern = COMPOSABLE_STR(at)          \
  }

static const composable_route* const kRoutes[] = {
    GET(""), POST("/increment", kIncrement, kIncremented),
    POST("/decrement", kDecrement, kDecremented), POST("/reset", kReset, kWasReset)};

static composable_status to_action(uint32_t route, const composable_request* request,
                                   composable_command_sink* sink, composable_error* error) {
  composable_action command = {kRoutes[route]->command, COMPOSABLE_FORM_JSON, "{}", 2};
  if (request->body.len > 0) command.data = request->body.ptr, command.size = request->body.len;
  const composable_status status = decode(&command, COMPOSABLE_DECODE_WIRE, error);
  return status == COMPOSABLE_OK ? sink->send(sink, &command) : status;
}

static composable_status write_count(const composable_state* state, composable_response* response) {
  char body[40];
  const int len = snprintf(body, sizeof body, "{\"count\":%" PRId64 "}", state->count);
  return response->body(response, body, (size_t)len);
}

static composable_status to_response(const composable_state* state, uint32_t route,
                                     const composable_outcome* outcome,
                                     composable_response* response, composable_error* error) {
  (void)route, (void)outcome, (void)error;
  return write_count(state, response);
}

static composable_status read_count(const composable_state* state, uint32_t route,
                                    const composable_request* request,
                                    composable_response* response, composable_error* error) {
  (void)route, (void)request, (void)error;
  return write_count(state, response);
}

/* ---- what the next build of the counter is given ---- */

#define SCHEMA 1

static composable_status export_state(const composable_state* state, composable_writer* out,
                                      composable_error* error) {
  char text[40];
  const int len = snprintf(text, sizeof text, "{\"count\":%" PRId64 "}", state->count);
  (void)error;
  return out->write(out->ctx, text, (size_t)len);
}

static composable_status import_state(composable_state* state, uint32_t from_schema,
                                      composable_bytes bytes, composable_error* error) {
  if (from_schema == SCHEMA) return read_exported(bytes, &state->count, error);
  invalid(error, "", "only a state of schema 1 is known");
  return COMPOSABLE_E_UNSUPPORTED;
}

/* ---- the tables and the entry ---- */

static const composable_routes_v1 kRoutesV1 = {.struct_size = sizeof(composable_routes_v1),
                                               .n_routes = sizeof kRoutes / sizeof *kRoutes,
                                               .routes = kRoutes,
                                               .to_action = to_action,
                                               .to_response = to_response,
                                               .read = read_count};

static const composable_reload_v1 kReloadV1 = {.struct_size = sizeof(composable_reload_v1),
                                               .export_state = export_state,
                                               .import_state = import_state};

static int same(composable_str id, const char* name) {
  return id.len == strlen(name) && memcmp(id.ptr, name, id.len) == 0;
}

static const void* query_extension(composable_str id) {
  if (same(id, COMPOSABLE_ROUTES_EXTENSION)) return &kRoutesV1;
  if (same(id, COMPOSABLE_RELOAD_EXTENSION)) return &kReloadV1;
  return NULL;
}

static const composable_domain kCounter = {.struct_size = sizeof(composable_domain),
                                           .name = COMPOSABLE_STR("counter"),
                                           .version = COMPOSABLE_STR("1.0.0"),
                                           .actions = kActionTypes,
                                           .n_actions = kActions,
                                           .state_schema = SCHEMA,
                                           .create = create,
                                           .destroy = destroy,
                                           .decide = decide,
                                           .evolve = evolve,
                                           .decode = decode,
                                           .query_extension = query_extension};

__attribute__((visibility("default"))) const composable_domain* composable_plugin_entry_v1(
    const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  return &kCounter;
}
