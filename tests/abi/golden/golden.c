/* A golden plugin: written once against ABI 1.0, never changed since, and built anew by every test
 * run against the frozen headers. That it loads and behaves is the promise of ABI 1.x.
 *
 * A durable notebook in C11. Payloads are JSON; of a command only `text`, its one field, is read.
 *
 *   Write {text}  appends Written{text} to the stream <name>-book, and publishes it on
 * <name>.written Later {text}  sends Write{text} a minute later Echo {text}   a job that suspends
 * once and then sends Write{text} Read {}       loads the book and announces Page Refuse {text}
 * ends in the rejection Refused{text} */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "composable/abi/composable.h"

#ifndef GOLDEN_NAME
#error "GOLDEN_NAME names the domain: one for each build"
#endif

COMPOSABLE_NOTE(GOLDEN_NAME);

enum {
  kWrite,
  kLater,
  kEcho,
  kRead,
  kRefuse,
  kLoaded,
  kHeard,
  kWritten,
  kPage,
  kRefused,
  kActions
};

struct composable_state {
  uint64_t written;
  uint64_t last_position;
};

/* ---- what there is ---- */

static const composable_type kText = {.struct_size = sizeof(composable_type),
                                      .kind = COMPOSABLE_KIND_STRING};
static const composable_field kTextField = {
    .struct_size = sizeof(composable_field), .name = COMPOSABLE_STR("text"), .type = &kText};
static const composable_type kOneText = {.struct_size = sizeof(composable_type),
                                         .kind = COMPOSABLE_KIND_OBJECT,
                                         .n_fields = 1,
                                         .fields = (const composable_field* const[]){&kTextField}};
static const composable_type kNothing = {.struct_size = sizeof(composable_type),
                                         .kind = COMPOSABLE_KIND_OBJECT};

#define ACTION(class_, text, shape, ...)                                     \
  &(const composable_action_type) {                                          \
    .struct_size = sizeof(composable_action_type), .action_class = (class_), \
    .name = COMPOSABLE_STR(text), .schema = (shape), __VA_ARGS__             \
  }

static const composable_action_type* const kActionTypes[kActions] = {
    [kWrite] = ACTION(COMPOSABLE_CLASS_COMMAND, "Write", &kOneText, .flags = COMPOSABLE_ACTION_WS),
    [kLater] = ACTION(COMPOSABLE_CLASS_COMMAND, "Later", &kOneText, .flags = 0),
    [kEcho] = ACTION(COMPOSABLE_CLASS_COMMAND, "Echo", &kOneText, .flags = 0),
    [kRead] = ACTION(COMPOSABLE_CLASS_COMMAND, "Read", &kNothing, .flags = 0),
    [kRefuse] = ACTION(COMPOSABLE_CLASS_COMMAND, "Refuse", &kOneText, .flags = 0),
    [kLoaded] = ACTION(COMPOSABLE_CLASS_INTERNAL, "Loaded", NULL, .flags = 0),
    [kHeard] = ACTION(COMPOSABLE_CLASS_INTERNAL, "Heard", NULL, .flags = 0),
    [kWritten] = ACTION(COMPOSABLE_CLASS_EVENT, "Written", &kOneText,
                        .visibility = COMPOSABLE_VISIBILITY_PUBLIC),
    [kPage] =
        ACTION(COMPOSABLE_CLASS_EVENT, "Page", NULL, .visibility = COMPOSABLE_VISIBILITY_PRIVATE),
    [kRefused] =
        ACTION(COMPOSABLE_CLASS_REJECTION, "Refused", &kOneText, .status = 422,
               .code = COMPOSABLE_STR("REFUSED"), .message = COMPOSABLE_STR("as it was asked to")),
};

/* ---- payloads ---- */

static composable_status invalid(composable_error* error, const char* path, const char* message) {
  error->offset = UINT32_MAX;
  error->path_len = (uint32_t)snprintf(error->path, sizeof error->path, "%s", path);
  error->message_len = (uint32_t)snprintf(error->message, sizeof error->message, "%s", message);
  return COMPOSABLE_E_INVALID;
}

static int is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* The host has looked whether it is JSON, and whether it fits the schema; stored events may have
 * members that this build does not know. */
static composable_status decode(const composable_action* json, uint32_t mode,
                                composable_error* error) {
  const char* text = json->data;
  size_t size = json->size;
  (void)mode;
  while (size > 0 && is_blank(*text)) ++text, --size;
  while (size > 0 && is_blank(text[size - 1])) --size;
  if (size < 2 || text[0] != '{' || text[size - 1] != '}') {
    return invalid(error, "", "expected an object");
  }
  return COMPOSABLE_OK;
}

static composable_action as(uint32_t type, const composable_action* other) {
  const composable_action action = {type, COMPOSABLE_FORM_JSON, other->data, other->size};
  return action;
}

/* ---- the reducer ---- */

static composable_status create(const composable_host* host, composable_str config,
                                composable_state** out, composable_error* error) {
  const composable_str hello = COMPOSABLE_STR("created");
  if (config.len == 0 || config.ptr[0] != '{') return invalid(error, "", "expected an object");
  *out = calloc(1, sizeof **out);
  if (*out == NULL) return invalid(error, "", "out of memory");
  if (host != NULL) host->log(host, COMPOSABLE_LOG_DEBUG, hello);
  return COMPOSABLE_OK;
}

static void destroy(composable_state* state) { free(state); }

static composable_status write_one(const composable_action* command, composable_effects* effects) {
  const composable_str book = COMPOSABLE_STR(GOLDEN_NAME "-book");
  const composable_str topic = COMPOSABLE_STR(GOLDEN_NAME ".written");
  const composable_action written = as(kWritten, command);
  const composable_append append = {.struct_size = sizeof append,
                                    .expected = COMPOSABLE_EXPECT_ANY,
                                    .stream = book,
                                    .events = &written,
                                    .n_events = 1};
  const composable_status appended = effects->append(effects, &append);
  return appended < 0 ? appended : effects->publish(effects, topic, &written);
}

static composable_status decide(const composable_state* state, const composable_action* command,
                                const composable_context* context, composable_effects* effects,
                                composable_error* error) {
  const composable_str book = COMPOSABLE_STR(GOLDEN_NAME "-book");
  const composable_str later = COMPOSABLE_STR("later");
  const composable_action write = as(kWrite, command);
  const composable_action refused = as(kRefused, command);
  const composable_status status = decode(command, COMPOSABLE_DECODE_WIRE, error);
  (void)state, (void)context;
  if (status < 0) return status;
  switch (command->type) {
    case kWrite:
      return write_one(command, effects);
    case kLater:
      return effects->delay(effects, later, 60000000, &write);
    case kEcho: {
      const composable_bytes input = {command->data, command->size};
      return effects->job(effects, 0, book, input);
    }
    case kRead:
      return effects->load(effects, book, 1, 10, kLoaded);
    case kRefuse:
      return effects->announce(effects, &refused);
    case kLoaded: {
      const composable_action page = as(kPage, command);
      return effects->announce(effects, &page);
    }
    default:
      return COMPOSABLE_OK; /* Heard: it was told, and leaves it at that */
  }
}

static composable_status evolve(composable_state* state, const composable_action* event,
                                const composable_context* context, composable_error* error) {
  const composable_status status = decode(event, COMPOSABLE_DECODE_STORED, error);
  if (status < 0) return status;
  if (event->type != kWritten) return COMPOSABLE_E_UNSUPPORTED;
  ++state->written;
  state->last_position = context->position;
  return COMPOSABLE_OK;
}

/* ---- the routes ---- */

#define POST(at, from, to)                                                     \
  &(const composable_route) {                                                  \
    .struct_size = sizeof(composable_route), .kind = COMPOSABLE_ROUTE_COMMAND, \
    .method = COMPOSABLE_METHOD_POST, .command = (from), .n_outcomes = 1,      \
    .outcomes = (const uint32_t[]){to}, .pattern = COMPOSABLE_STR(at)          \
  }

static const composable_route* const kRoutes[] = {
    &(const composable_route){.struct_size = sizeof(composable_route),
                              .kind = COMPOSABLE_ROUTE_READ,
                              .method = COMPOSABLE_METHOD_GET,
                              .pattern = COMPOSABLE_STR("")},
    POST("", kWrite, kWritten), POST("/refuse", kRefuse, kWritten)};

static composable_status to_action(uint32_t route, const composable_request* request,
                                   composable_command_sink* sink, composable_error* error) {
  const composable_action command = {kRoutes[route]->command, COMPOSABLE_FORM_JSON,
                                     request->body.ptr, request->body.len};
  const composable_status status = decode(&command, COMPOSABLE_DECODE_WIRE, error);
  return status < 0 ? status : sink->send(sink, &command);
}

static composable_status answer(const composable_state* state, composable_response* response) {
  char body[64];
  const int size =
      snprintf(body, sizeof body, "{\"written\":%llu}", (unsigned long long)state->written);
  return response->body(response, body, (size_t)size);
}

static composable_status to_response(const composable_state* state, uint32_t route,
                                     const composable_outcome* outcome,
                                     composable_response* response, composable_error* error) {
  (void)route, (void)outcome, (void)error;
  return answer(state, response);
}

static composable_status read_state(const composable_state* state, uint32_t route,
                                    const composable_request* request,
                                    composable_response* response, composable_error* error) {
  (void)route, (void)request, (void)error;
  return answer(state, response);
}

/* ---- the job ---- */

struct composable_job_frame {
  size_t size;
  char input[];
};

static composable_status run(const composable_state* state, uint32_t job, composable_bytes input,
                             composable_job_context* context, composable_job_frame** frame,
                             composable_error* error) {
  (void)state, (void)error;
  if (job != 0) return COMPOSABLE_E_MISUSE;
  *frame = malloc(sizeof **frame + input.len);
  if (*frame == NULL) return COMPOSABLE_E_FAILED;
  (*frame)->size = input.len;
  if (input.len > 0) memcpy((*frame)->input, input.ptr, input.len);
  context->wake_after(context, 1000);
  return COMPOSABLE_PENDING;
}

static composable_status resume(composable_job_frame* frame, composable_job_context* context,
                                composable_error* error) {
  const composable_action write = {kWrite, COMPOSABLE_FORM_JSON, frame->input, frame->size};
  const composable_status status =
      context->cancelled(context) ? COMPOSABLE_OK : context->send(context, &write);
  (void)error;
  free(frame);
  return status;
}

static void drop(composable_job_frame* frame) { free(frame); }

/* ---- the tables ---- */

static const composable_routes_v1 kRoutesV1 = {.struct_size = sizeof(composable_routes_v1),
                                               .n_routes = sizeof kRoutes / sizeof *kRoutes,
                                               .routes = kRoutes,
                                               .to_action = to_action,
                                               .to_response = to_response,
                                               .read = read_state};

static const composable_job_type kEchoJob = {.struct_size = sizeof(composable_job_type),
                                             .flags = COMPOSABLE_JOB_RESTARTABLE,
                                             .name = COMPOSABLE_STR("echo")};
static const composable_job_type* const kJobs[] = {&kEchoJob};
static const composable_jobs_v1 kJobsV1 = {.struct_size = sizeof(composable_jobs_v1),
                                           .n_jobs = 1,
                                           .jobs = kJobs,
                                           .run = run,
                                           .resume = resume,
                                           .drop = drop};

static const composable_subscription kHears = {.struct_size = sizeof(composable_subscription),
                                               .action = kHeard,
                                               .topic = COMPOSABLE_STR(GOLDEN_NAME ".written")};
static const composable_subscription* const kSubscriptions[] = {&kHears};
static const composable_topics_v1 kTopicsV1 = {.struct_size = sizeof(composable_topics_v1),
                                               .n_subscriptions = 1,
                                               .subscriptions = kSubscriptions};

static int same(composable_str id, const char* name) {
  return id.len == strlen(name) && memcmp(id.ptr, name, id.len) == 0;
}

static const void* query_extension(composable_str id) {
  if (same(id, COMPOSABLE_ROUTES_EXTENSION)) return &kRoutesV1;
  if (same(id, COMPOSABLE_JOBS_EXTENSION)) return &kJobsV1;
  if (same(id, COMPOSABLE_TOPICS_EXTENSION)) return &kTopicsV1;
  return NULL;
}

static const composable_domain kDomain = {.struct_size = sizeof(composable_domain),
                                          .flags = COMPOSABLE_DOMAIN_DURABLE,
                                          .name = COMPOSABLE_STR(GOLDEN_NAME),
                                          .version = COMPOSABLE_STR("1.0.0"),
                                          .actions = kActionTypes,
                                          .n_actions = kActions,
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
