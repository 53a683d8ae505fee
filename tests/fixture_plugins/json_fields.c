#include "json_fields.h"

#include <string.h>

int str_is(composable_str s, const char* text) {
  return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

static int is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static void skip(composable_str* s, size_t n) {
  s->ptr += n;
  s->len -= n;
}

static void skip_space(composable_str* s) {
  while (s->len > 0 && is_space(*s->ptr)) skip(s, 1);
}

static int take(composable_str* s, char c) {
  skip_space(s);
  if (s->len == 0 || *s->ptr != c) return 0;
  skip(s, 1);
  return 1;
}

/* The length of the string that `s` begins with, with its quotes; 0 when it does not end. */
static size_t string_length(composable_str s) {
  for (size_t i = 1; i < s.len; ++i) {
    if (s.ptr[i] == '\\') {
      ++i;
    } else if (s.ptr[i] == '"') {
      return i + 1;
    }
  }
  return 0;
}

/* The length of the value that `s` begins with; 0 when it does not end. */
static size_t value_length(composable_str s) {
  size_t depth = 0;
  for (size_t i = 0; i < s.len;) {
    const char c = s.ptr[i];
    if (depth == 0 && i > 0 && (c == ',' || c == '}' || is_space(c))) return i;
    if (c == '"') {
      const composable_str from_here = {s.ptr + i, s.len - i};
      const size_t n = string_length(from_here);
      if (n == 0) return 0;
      i += n;
    } else {
      depth += c == '{' || c == '[';
      if (c == '}' || c == ']') {
        if (depth == 0) return 0;
        --depth;
      }
      ++i;
    }
    if (depth == 0 && (c == '"' || c == '}' || c == ']')) return i;
  }
  return 0;
}

int json_begin(json_walk* walk, composable_str json) {
  const json_walk start = {.rest = json};
  *walk = start;
  return json.len > 0 && take(&walk->rest, '{');
}

int json_next(json_walk* walk) {
  const int first = walk->name.ptr == NULL;
  if (take(&walk->rest, '}')) {
    skip_space(&walk->rest);
    return walk->rest.len == 0 ? 0 : -1;
  }
  if (!first && !take(&walk->rest, ',')) return -1;
  skip_space(&walk->rest);
  if (walk->rest.len == 0 || *walk->rest.ptr != '"') return -1;
  const size_t name = string_length(walk->rest);
  if (name == 0) return -1;
  walk->name.ptr = walk->rest.ptr + 1;
  walk->name.len = name - 2;
  skip(&walk->rest, name);
  if (!take(&walk->rest, ':')) return -1;
  skip_space(&walk->rest);
  walk->value.ptr = walk->rest.ptr;
  walk->value.len = value_length(walk->rest);
  if (walk->value.len == 0) return -1;
  skip(&walk->rest, walk->value.len);
  return 1;
}

composable_str json_value(composable_str json, const char* name) {
  const composable_str none = {NULL, 0};
  json_walk walk;
  if (!json_begin(&walk, json)) return none;
  while (json_next(&walk) == 1) {
    if (str_is(walk.name, name)) return walk.value;
  }
  return none;
}

composable_str json_text(composable_str json, const char* name) {
  composable_str value = json_value(json, name);
  if (value.len < 2 || *value.ptr != '"') return (composable_str){NULL, 0};
  return (composable_str){value.ptr + 1, value.len - 2};
}

uint64_t json_uint(composable_str json, const char* name) {
  const composable_str value = json_value(json, name);
  uint64_t n = 0;
  for (size_t i = 0; i < value.len; ++i) {
    if (value.ptr[i] < '0' || value.ptr[i] > '9') return 0;
    n = n * 10 + (uint64_t)(value.ptr[i] - '0');
  }
  return n;
}
