/* The domain @domain@, in C11 straight on the ABI: a total that is kept in memory.
 *
 * A command goes to decide, which says what should happen; the event that it applies goes to
 * evolve, the only place where the state moves. Payloads cross as JSON text. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "composable/abi/composable.h"

COMPOSABLE_NOTE("@domain@");

#define MOST INT64_C(1000000)

struct composable_state {
  int64_t total; /* 0 to MOST */
};

/* ---- what can be asked, what can happen ---- */

enum { kAdd, kAdded, kOutOfRange, kActions };

static const composable_type kInt64 = {
    .struct_size = sizeof(composable_type), .kind = COMPOSABLE_KIND_INT, .bits = 64};
static const composable_field kAmount = {
    .struct_size = sizeof(composable_field), .name = COMPOSABLE_STR("amount"), .type = &kInt64};
static const composable_type kPayload = {.struct_size = sizeof(composable_type),
                                         .kind = COMPOSABLE_KIND_OBJECT,
                                         .n_fields = 1,
                                         .fields = (const composable_field* const[]){&kAmount}};

/* What somebody wants; it may come over a WebSocket too. */
static const composable_action_type kAddType = {.struct_size = sizeof(composable_action_type),
                                                .action_class = COMPOSABLE_CLASS_COMMAND,
                                                .flags = COMPOSABLE_ACTION_WS,
                                                .name = COMPOSABLE_STR("Add"),
                                                .schema = &kPayload};
/* What has happened, for everybody to see. */
static const composable_action_type kAddedType = {.struct_size = sizeof(composable_action_type),
                                                  .action_class = COMPOSABLE_CLASS_EVENT,
                                                  .visibility = COMPOSABLE_VISIBILITY_PUBLIC,
                                                  .name = COMPOSABLE_STR("Added"),
                                                  .schema = &kPayload};
/* What somebody gets instead. */
static const composable_action_type kOutOfRangeType = {
    .struct_size = sizeof(composable_action_type),
    .action_class = COMPOSABLE_CLASS_REJECTION,
    .status = 422,
    .name = COMPOSABLE_STR("OutOfRange"),
    .code = COMPOSABLE_STR("OUT_OF_RANGE"),
    .message = COMPOSABLE_STR("this amount would take the total out of 0 to 1000000"),
    .schema = &kPayload};

static const composable_action_type* const kActionTypes[kActions] = {
    [kAdd] = &kAddType, [kAdded] = &kAddedType, [kOutOfRange] = &kOutOfRangeType};

/* ---- the payload: {"amount": <integer>} ---- */

static composable_status invalid(composable_error* error, const char* path, const char* message) {
  error->offset = UINT32_MAX;
  error->path_len = (uint32_t)snprintf(error->path, sizeof error->path, "%s", path);
  error->message_len = (uint32_t)snprintf(error->message, sizeof error->message, "%s", message);
  return COMPOSABLE_E_INVALID;
}

/* Takes `token` and the space after it off the front of `text`; whether it was there. */
static int take(composable_str* text, const char* token) {
  size_t n = strlen(token);
  if (text->len < n || (n > 0 && memcmp(text->ptr, token, n) != 0)) return 0;
  while (n < text->len && memchr(" \t\r\n", text->ptr[n], 4) != NULL) ++n;
  text->ptr += n, text->len -= n;
  return 1;
}

/* The same for an integer, of 18 digits at most so that it cannot overflow. */
static int take_integer(composable_str* text, int64_t* value) {
  const size_t sign = text->len > 0 && text->ptr[0] == '-';
  size_t n = sign;
  for (*value = 0; n < text->len && n < sign + 18; ++n) {
    if (text->ptr[n] < '0' || text->ptr[n] > '9') break;
    *value = *value * 10 + (text->ptr[n] - '0');
  }
  if (n == sign || (n > sign + 1 && text->ptr[sign] == '0')) return 0;
  if (sign) *value = -*value;
  text->ptr += n, text->len -= n;
  return take(text, "");
}

static composable_status read_amount(const composable_action* action, int64_t* amount,
                                     composable_error* error) {
  composable_str text = {action->data, action->size};
  take(&text, "");
  if (!take(&text, "{") || !take(&text, "\"amount\"") || !take(&text, ":"))
    return invalid(error, "", "expected {\"amount\": <integer>}");
  if (!take_integer(&text, amount))
    return invalid(error, "amount", "expected an integer of at most 18 digits");
  if (!take(&text, "}") || text.len > 0)
    return invalid(error, "", "expected {\"amount\": <integer>}");
  return COMPOSABLE_OK;
}

static composable_status decode(const composable_action* json, uint32_t mode,
                                composable_error* error) {
  int64_t amount;
  (void)mode; /* nothing is stored, so no other build has written it */
  return read_amount(json, &amount, error);
}

/* ---- the state, and the two functions that make it move ---- */

static composable_status create(const composable_host* host, composable_str config,
                                composable_state** out, composable_error* error) {
  (void)host, (void)config;
  *out = calloc(1, sizeof **out);
  if (*out != NULL) return COMPOSABLE_OK;
  invalid(error, "", "out of memory");
  return COMPOSABLE_E_FAILED;
}

static void destroy(composable_state* state) { free(state); }

/* From the state and a command to what should happen. Pure: it looks at its arguments and nothing
 * else, and nothing happens before it has returned. */
static composable_status decide(const composable_state* state, const composable_action* command,
                                const composable_context* context, composable_effects* effects,
                                composable_error* error) {
  int64_t amount;
  const composable_status status = read_amount(command, &amount, error);
  if (status != COMPOSABLE_OK) return status;
  (void)context;
  const int fits = amount >= -state->total && amount <= MOST - state->total;
  char body[48];
  const int size = snprintf(body, sizeof body, "{\"amount\":%" PRId64 "}", amount);
  const composable_action outcome = {fits ? kAdded : kOutOfRange, COMPOSABLE_FORM_JSON, body,
                                     (size_t)size};
  return fits ? effects->apply(effects, &outcome) : effects->announce(effects, &outcome);
}

/* From the state and an event to the next state. */
static composable_status evolve(composable_state* state, const composable_action* event,
                                const composable_context* context, composable_error* error) {
  int64_t amount;
  const composable_status status = read_amount(event, &amount, error);
  if (status != COMPOSABLE_OK) return status;
  (void)context;
  state->total += amount;
  return COMPOSABLE_OK;
}

/* ---- the routes: GET and POST /api/v1/@domain@; both answer the state ---- */

static const composable_route kRead = {.struct_size = sizeof(composable_route),
                                       .kind = COMPOSABLE_ROUTE_READ,
                                       .method = COMPOSABLE_METHOD_GET,
                                       .pattern = COMPOSABLE_STR("")};
static const composable_route kPost = {.struct_size = sizeof(composable_route),
                                       .kind = COMPOSABLE_ROUTE_COMMAND,
                                       .method = COMPOSABLE_METHOD_POST,
                                       .command = kAdd,
                                       .n_outcomes = 1,
                                       .outcomes = (const uint32_t[]){kAdded},
                                       .pattern = COMPOSABLE_STR("")};
static const composable_route* const kRoutes[] = {&kRead, &kPost};

static composable_status to_action(uint32_t route, const composable_request* request,
                                   composable_command_sink* sink, composable_error* error) {
  const composable_action command = {kRoutes[route]->command, COMPOSABLE_FORM_JSON,
                                     request->body.ptr, request->body.len};
  const composable_status status = decode(&command, COMPOSABLE_DECODE_WIRE, error);
  return status == COMPOSABLE_OK ? sink->send(sink, &command) : status;
}

static composable_status write_state(const composable_state* state, composable_response* response) {
  char body[48];
  const int size = snprintf(body, sizeof body, "{\"total\":%" PRId64 "}", state->total);
  return response->body(response, body, (size_t)size);
}

static composable_status to_response(const composable_state* state, uint32_t route,
                                     const composable_outcome* outcome,
                                     composable_response* response, composable_error* error) {
  (void)route, (void)outcome, (void)error;
  return write_state(state, response);
}

static composable_status read_state(const composable_state* state, uint32_t route,
                                    const composable_request* request,
                                    composable_response* response, composable_error* error) {
  (void)route, (void)request, (void)error;
  return write_state(state, response);
}

/* ---- what the next build of this domain is given: the total ---- */

#define SCHEMA 1 /* of this form; another one takes the next number */

static composable_status export_state(const composable_state* state, composable_writer* out,
                                      composable_error* error) {
  char text[48];
  const int size = snprintf(text, sizeof text, "{\"total\":%" PRId64 "}", state->total);
  (void)error;
  return out->write(out->ctx, text, (size_t)size);
}

static composable_status import_state(composable_state* state, uint32_t from_schema,
                                      composable_bytes bytes, composable_error* error) {
  composable_str text = {(const char*)bytes.ptr, bytes.len};
  if (from_schema != SCHEMA) {
    invalid(error, "", "only a state of schema 1 is known");
    return COMPOSABLE_E_UNSUPPORTED;
  }
  if (!take(&text, "{") || !take(&text, "\"total\"") || !take(&text, ":") ||
      !take_integer(&text, &state->total) || !take(&text, "}") || text.len > 0)
    return invalid(error, "", "expected {\"total\": <integer>}");
  return COMPOSABLE_OK;
}

/* ---- the tables, and the only function that leaves this file ---- */

static const composable_routes_v1 kRoutesTable = {.struct_size = sizeof(composable_routes_v1),
                                                  .n_routes = sizeof kRoutes / sizeof *kRoutes,
                                                  .routes = kRoutes,
                                                  .to_action = to_action,
                                                  .to_response = to_response,
                                                  .read = read_state};

static const composable_reload_v1 kReloadTable = {.struct_size = sizeof(composable_reload_v1),
                                                  .export_state = export_state,
                                                  .import_state = import_state};

static int same(composable_str id, const char* name) {
  return id.len == strlen(name) && memcmp(id.ptr, name, id.len) == 0;
}

static const void* query_extension(composable_str id) {
  if (same(id, COMPOSABLE_ROUTES_EXTENSION)) return &kRoutesTable;
  if (same(id, COMPOSABLE_RELOAD_EXTENSION)) return &kReloadTable;
  return NULL;
}

static const composable_domain kDomain = {.struct_size = sizeof(composable_domain),
                                          .name = COMPOSABLE_STR("@domain@"),
                                          .version = COMPOSABLE_STR("0.1.0"),
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
  return &kDomain;
}
