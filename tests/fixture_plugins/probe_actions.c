/* The probe's actions as data, and the check of a payload against them. */
#include <stdio.h>

#include "json_fields.h"
#include "probe.h"

#define TYPE .struct_size = sizeof(composable_type)
#define FIELD(field, type_of_field, flag)                                                 \
  static const composable_field field##_field = {.struct_size = sizeof(composable_field), \
                                                 .flags = flag,                           \
                                                 .name = COMPOSABLE_STR(#field),          \
                                                 .type = &type_of_field}
#define OBJECT(shape, ...)                                               \
  static const composable_field* const shape##_fields[] = {__VA_ARGS__}; \
  static const composable_type shape = {                                 \
      TYPE, .kind = COMPOSABLE_KIND_OBJECT,                              \
      .n_fields = sizeof shape##_fields / sizeof *shape##_fields, .fields = shape##_fields}

static const composable_type kString = {TYPE, .kind = COMPOSABLE_KIND_STRING};
static const composable_type kUint32 = {TYPE, .kind = COMPOSABLE_KIND_UINT, .bits = 32};
static const composable_type kEmpty = {TYPE, .kind = COMPOSABLE_KIND_OBJECT};

FIELD(stream, kString, 0);
FIELD(text, kString, 0);
FIELD(expect, kString, COMPOSABLE_FIELD_OPTIONAL);
FIELD(a, kString, 0);
FIELD(b, kString, 0);
FIELD(reason, kString, 0);
FIELD(key, kString, 0);
FIELD(ms, kUint32, 0);
FIELD(n, kUint32, 0);
FIELD(topic, kString, 0);
/* A field that is optional in one shape and not in another has two descriptions. */
static const composable_field maybe_stream_field = {.struct_size = sizeof(composable_field),
                                                    .flags = COMPOSABLE_FIELD_OPTIONAL,
                                                    .name = COMPOSABLE_STR("stream"),
                                                    .type = &kString};

OBJECT(kNoteShape, &stream_field, &text_field, &expect_field);
OBJECT(kPairShape, &a_field, &b_field);
OBJECT(kStreamShape, &stream_field);
OBJECT(kTextShape, &text_field);
OBJECT(kReasonShape, &reason_field);
OBJECT(kCountShape, &n_field);
OBJECT(kKeyShape, &key_field);
OBJECT(kLaterShape, &key_field, &ms_field);
OBJECT(kScheduleShape, &stream_field, &key_field, &ms_field);
OBJECT(kEchoShape, &key_field, &text_field);
OBJECT(kSlowShape, &key_field, &text_field, &ms_field);
OBJECT(kPublishShape, &topic_field, &text_field, &maybe_stream_field);
OBJECT(kPublishAllShape, &topic_field, &n_field);

#define ACTION(number, text, of_class, shape, ...)                               \
  [number] = &(const composable_action_type) {                                   \
    .struct_size = sizeof(composable_action_type), .name = COMPOSABLE_STR(text), \
    .action_class = of_class, .schema = shape, __VA_ARGS__                       \
  }
#define COMMAND(number, text, shape) \
  ACTION(number, text, COMPOSABLE_CLASS_COMMAND, shape, .flags = COMPOSABLE_ACTION_WS)
#define EVENT(number, text, shape) \
  ACTION(number, text, COMPOSABLE_CLASS_EVENT, shape, .visibility = COMPOSABLE_VISIBILITY_PUBLIC)
#define INTERNAL(number, text, shape) \
  ACTION(number, text, COMPOSABLE_CLASS_INTERNAL, shape, .flags = 0)

const composable_action_type* const probe_actions[kActions] = {
    COMMAND(kQuiet, "Quiet", &kEmpty),
    COMMAND(kNote, "Note", &kNoteShape),
    COMMAND(kPair, "Pair", &kPairShape),
    COMMAND(kFail, "Fail", &kEmpty),
    COMMAND(kPoison, "Poison", &kStreamShape),
    COMMAND(kTell, "Tell", &kTextShape),
    COMMAND(kRefuse, "Refuse", &kReasonShape),
    COMMAND(kChain, "Chain", &kCountShape),
    COMMAND(kLater, "Later", &kLaterShape),
    COMMAND(kSchedule, "Schedule", &kScheduleShape),
    COMMAND(kCancel, "Cancel", &kKeyShape),
    COMMAND(kEcho, "Echo", &kEchoShape),
    COMMAND(kSlow, "Slow", &kSlowShape),
    COMMAND(kBreak, "Break", &kEmpty),
    COMMAND(kParallel, "Parallel", &kCountShape),
    COMMAND(kSequential, "Sequential", &kCountShape),
    COMMAND(kLoad, "Load", &kStreamShape),
    COMMAND(kPublish, "Publish", &kPublishShape),
    COMMAND(kPublishAll, "PublishAll", &kPublishAllShape),
    INTERNAL(kLink, "Link", &kCountShape),
    INTERNAL(kFired, "Fired", &kKeyShape),
    INTERNAL(kEchoed, "Echoed", &kTextShape),
    INTERNAL(kPage, "Page", NULL),
    INTERNAL(kHeard, "Heard", &kTextShape),
    INTERNAL(kCircled, "Circled", &kTextShape),
    EVENT(kNoted, "Noted", &kTextShape),
    EVENT(kPoisoned, "Poisoned", &kEmpty),
    EVENT(kTold, "Told", &kTextShape),
    EVENT(kChained, "Chained", &kEmpty),
    EVENT(kPaged, "Paged", NULL),
    ACTION(kRefused, "Refused", COMPOSABLE_CLASS_REJECTION, &kReasonShape, .status = 400,
           .code = COMPOSABLE_STR("REFUSED"), .message = COMPOSABLE_STR("the probe refused")),
};

composable_status probe_fail(composable_error* error, composable_status status, const char* path,
                             const char* message) {
  error->offset = UINT32_MAX;
  error->path_len = (uint32_t)snprintf(error->path, sizeof error->path, "%s", path);
  error->message_len = (uint32_t)snprintf(error->message, sizeof error->message, "%s", message);
  return status;
}

static const composable_field* find_field(const composable_type* object, composable_str name) {
  for (uint32_t i = 0; i < object->n_fields; ++i) {
    if (str_is(name, object->fields[i]->name.ptr)) return object->fields[i];
  }
  return NULL;
}

/* Strings without escapes, so that a stream's name is its text; integers without fraction. */
static int value_ok(const composable_field* field, composable_str value) {
  if (field->type->kind == COMPOSABLE_KIND_STRING) return *value.ptr == '"';
  for (size_t i = 0; i < value.len; ++i) {
    if (value.ptr[i] < '0' || value.ptr[i] > '9') return 0;
  }
  return value.len <= 9;
}

composable_status probe_decode(const composable_action* json, uint32_t mode,
                               composable_error* error) {
  const composable_type* object = probe_actions[json->type]->schema;
  if (object == NULL) return COMPOSABLE_OK;
  const composable_str text = {json->data, json->size};
  json_walk walk;
  int more = json_begin(&walk, text) ? 1 : -1;
  while (more == 1 && (more = json_next(&walk)) == 1) {
    const composable_field* field = find_field(object, walk.name);
    if (field != NULL && !value_ok(field, walk.value)) {
      return probe_fail(
          error, COMPOSABLE_E_INVALID, field->name.ptr,
          field->type == &kString ? "expected string" : "expected unsigned integer below 10^9");
    }
    if (field == NULL && mode == COMPOSABLE_DECODE_WIRE) {
      return probe_fail(error, COMPOSABLE_E_INVALID, "", "unknown field");
    }
  }
  if (more != 0) return probe_fail(error, COMPOSABLE_E_INVALID, "", "expected a JSON object");
  for (uint32_t i = 0; i < object->n_fields && mode == COMPOSABLE_DECODE_WIRE; ++i) {
    const composable_field* field = object->fields[i];
    if ((field->flags & COMPOSABLE_FIELD_OPTIONAL) == 0 &&
        json_value(text, field->name.ptr).ptr == NULL) {
      return probe_fail(error, COMPOSABLE_E_INVALID, field->name.ptr, "missing field");
    }
  }
  return COMPOSABLE_OK;
}
