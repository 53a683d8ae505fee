/* Just enough JSON for test plugins: the members of one object, as slices of its text. */
#pragma once
#include "composable/abi/bytes.h"

/* Where a walk over the members of an object stands. */
typedef struct json_walk {
  composable_str rest;
  composable_str name;  /* between its quotes, escapes as they stand */
  composable_str value; /* the value's whole text */
} json_walk;

/* Begins a walk; 0 when `json` does not begin as an object. */
int json_begin(json_walk* walk, composable_str json);
/* Goes to the next member: 1 there is one, 0 the object ended and nothing follows it, -1 malformed.
 */
int json_next(json_walk* walk);

/* The value of the member `name`; a null ptr when there is none. */
composable_str json_value(composable_str json, const char* name);
/* The same for a string without its quotes, escapes as they stand. */
composable_str json_text(composable_str json, const char* name);
/* The same for an unsigned integer; 0 when there is none. */
uint64_t json_uint(composable_str json, const char* name);

int str_is(composable_str s, const char* text);
