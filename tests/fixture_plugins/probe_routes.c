/* The probe's HTTP face: POST /<command> for each, GET "" for the state. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"

#define ROUTE .struct_size = sizeof(composable_route)
/* A command that ends without an event, and one that ends with `event`. */
#define POST(at, number)                                                       \
  &(const composable_route) {                                                  \
    ROUTE, .kind = COMPOSABLE_ROUTE_COMMAND, .method = COMPOSABLE_METHOD_POST, \
           .flags = COMPOSABLE_ROUTE_BODY_OPTIONAL, .command = number,         \
           .pattern = COMPOSABLE_STR(at)                                       \
  }
#define POST_UNTIL(at, number, event)                                                   \
  &(const composable_route) {                                                           \
    ROUTE, .kind = COMPOSABLE_ROUTE_COMMAND, .method = COMPOSABLE_METHOD_POST,          \
           .flags = COMPOSABLE_ROUTE_BODY_OPTIONAL, .command = number, .n_outcomes = 1, \
           .outcomes = (const uint32_t[]){event}, .pattern = COMPOSABLE_STR(at)         \
  }

static const composable_route kGetState = {ROUTE, .kind = COMPOSABLE_ROUTE_READ,
                                           .method = COMPOSABLE_METHOD_GET};

static const composable_route* const kRoutes[] = {
    &kGetState,
    POST("/quiet", kQuiet),
    POST_UNTIL("/note", kNote, kNoted),
    POST_UNTIL("/pair", kPair, kNoted),
    POST("/fail", kFail),
    POST_UNTIL("/poison", kPoison, kPoisoned),
    POST_UNTIL("/tell", kTell, kTold),
    POST("/refuse", kRefuse),
    POST_UNTIL("/chain", kChain, kChained),
    POST("/later", kLater),
    POST_UNTIL("/schedule", kSchedule, kNoted),
    POST("/cancel", kCancel),
    POST_UNTIL("/echo", kEcho, kNoted),
    POST_UNTIL("/slow", kSlow, kNoted),
    POST("/break", kBreak),
    POST("/parallel", kParallel),
    POST("/sequential", kSequential),
    POST_UNTIL("/load", kLoad, kPaged),
    POST("/publish", kPublish),
    POST("/publishall", kPublishAll),
};

static composable_status to_action(uint32_t route, const composable_request* request,
                                   composable_command_sink* sink, composable_error* error) {
  composable_action command = {kRoutes[route]->command, COMPOSABLE_FORM_JSON, "{}", 2};
  if (request->body.len > 0) {
    command.data = request->body.ptr;
    command.size = request->body.len;
  }
  const composable_status status = probe_decode(&command, COMPOSABLE_DECODE_WIRE, error);
  return status == COMPOSABLE_OK ? sink->send(sink, &command) : status;
}

/* The outcome's payload as it is, or {"settled":true}. */
static composable_status to_response(const composable_state* state, uint32_t route,
                                     const composable_outcome* outcome,
                                     composable_response* response, composable_error* error) {
  (void)state, (void)route, (void)error;
  static const char kSettled[] = "{\"settled\":true}";
  if (outcome->kind != COMPOSABLE_OUTCOME_MATCHED) {
    return response->body(response, kSettled, sizeof kSettled - 1);
  }
  return response->body(response, outcome->action->data, outcome->action->size);
}

#define STR(literal) ((composable_str)COMPOSABLE_STR(literal))

static int asks_for(const composable_request* request, const char* fault) {
  if (request->query == NULL) return 0; /* a test without one */
  const composable_str asked = request->query(request, STR("fault"));
  return asked.ptr != NULL && asked.len == strlen(fault) &&
         memcmp(asked.ptr, fault, asked.len) == 0;
}

/* What a plugin should not write, by ?fault=. A plugin may look at what it is told, or not. */
static composable_status write_fault(const composable_request* request,
                                     composable_response* response) {
  const composable_str type = STR("Content-Type"), html = STR("text/html");
  if (asks_for(request, "status")) return response->status(response, 99);
  if (asks_for(request, "name")) return response->header(response, STR("X A"), html);
  if (asks_for(request, "value")) {
    return response->header(response, STR("X-A"), STR("a\nb"));
  }
  if (asks_for(request, "types")) {
    response->header(response, type, html);
    response->header(response, type, STR("text/plain"));
  }
  if (asks_for(request, "ignored")) response->status(response, 1000);
  return COMPOSABLE_OK;
}

static composable_status read_state(const composable_state* state, uint32_t route,
                                    const composable_request* request,
                                    composable_response* response, composable_error* error) {
  (void)route, (void)error;
  const composable_status written = write_fault(request, response);
  if (written < 0) return written;
  char body[120];
  const int len =
      snprintf(body, sizeof body,
               "{\"noted\":%" PRIu64 ",\"position\":%" PRIu64 ",\"digest\":\"%016" PRIx64 "\"}",
               state->noted, state->position, state->digest);
  return response->body(response, body, (size_t)len);
}

const composable_routes_v1 probe_routes = {.struct_size = sizeof(composable_routes_v1),
                                           .n_routes = sizeof kRoutes / sizeof *kRoutes,
                                           .routes = kRoutes,
                                           .to_action = to_action,
                                           .to_response = to_response,
                                           .read = read_state};
