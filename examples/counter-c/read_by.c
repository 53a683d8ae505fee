/* Reading the counter's one payload, and its state. What comes in may be hostile; what goes out is a
 * status. */
#include <stdio.h>
#include <string.h>

#include "counter.h"

composable_status invalid(composable_error* error, const char* path, const char* message) {
  error->offset = UINT32_MAX;
  error->path_len = (uint32_t)snprintf(error->path, sizeof error->path, "%s", path);
  error->message_len = (uint32_t)snprintf(error->message, sizeof error->message, "%s", message);
  return COMPOSABLE_E_INVALID;
}

static void drop(composable_str* text, size_t n) { text->ptr += n, text->len -= n; }

/* Takes `token` and the space after it off the front of `text`; whether it was there. */
static int take(composable_str* text, const char* token) {
  const size_t len = strlen(token);
  if (text->len < len || memcmp(text->ptr, token, len) != 0) return 0;
  for (drop(text, len); text->len > 0; drop(text, 1))
    if (*text->ptr != ' ' && *text->ptr != '\t' && *text->ptr != '\r' && *text->ptr != '\n') break;
  return 1;
}

/* Takes a whole JSON value off the front of `text` when it is an integer of 64 bits. */
static int take_integer(composable_str* text, int64_t* value) {
  const int negative = text->len > 0 && *text->ptr == '-';
  size_t n = 0;
  drop(text, (size_t)negative);
  for (*value = 0; n < text->len && text->ptr[n] >= '0' && text->ptr[n] <= '9'; ++n) {
    const int digit = text->ptr[n] - '0';
    if (*value < (INT64_MIN + digit) / 10 || (n == 1 && *text->ptr == '0')) return 0;
    *value = *value * 10 - digit; /* downwards, where there is one more */
  }
  drop(text, n);
  if (!negative && *value == INT64_MIN) return 0;
  if (!negative) *value = -*value;
  take(text, "");
  return n > 0 && text->len > 0 && (*text->ptr == '}' || *text->ptr == ',');
}

composable_status read_by(const composable_action* action, int64_t* by, composable_error* error) {
  const int has_by = action->type != kReset && action->type != kWasReset;
  composable_str text = {action->data, action->size};
  *by = 1;
  if (text.len > 0) take(&text, "");
  if (text.len == 0 || !take(&text, "{")) return invalid(error, "", "expected an object");
  if (has_by && take(&text, "\"by\"") && !(take(&text, ":") && take_integer(&text, by)))
    return invalid(error, "by", "expected an integer of 64 bits");
  if (!take(&text, "}") || text.len > 0)
    return invalid(error, "", has_by ? "expected {} or {\"by\": <integer>}" : "expected {}");
  return COMPOSABLE_OK;
}

composable_status read_exported(composable_bytes bytes, int64_t* count, composable_error* error) {
  composable_str text = {(const char*)bytes.ptr, bytes.len};
  if (text.len == 0 || !take(&text, "{") || !take(&text, "\"count\"") || !take(&text, ":"))
    return invalid(error, "", "expected {\"count\": <integer>}");
  if (!take_integer(&text, count)) return invalid(error, "count", "expected an integer of 64 bits");
  if (!take(&text, "}") || text.len > 0)
    return invalid(error, "", "expected {\"count\": <integer>}");
  return COMPOSABLE_OK;
}
