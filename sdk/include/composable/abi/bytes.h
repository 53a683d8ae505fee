/* Borrowed views and sinks: the only ways in which variable-sized data crosses the boundary.
 *
 * Neither side frees what the other allocated. A view is valid for the call that passes it, unless
 * the function says otherwise; a writer copies what it is given before it returns. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* UTF-8 text, not NUL-terminated. `ptr` may be null when `len` is 0. Frozen. */
typedef struct composable_str {
  const char* ptr;
  size_t len;
} composable_str;

/* Octets. `ptr` may be null when `len` is 0. Frozen. */
typedef struct composable_bytes {
  const uint8_t* ptr;
  size_t len;
} composable_bytes;

/* Where variable output goes: call `write` any number of times, in order. Returns 0, or a negative
 * composable_status after which the callee must stop and return that status. Frozen. */
typedef struct composable_writer {
  void* ctx;
  int32_t (*write)(void* ctx, const void* data, size_t len);
} composable_writer;

/* A string literal as a composable_str, in a static initialiser of C or C++. */
#define COMPOSABLE_STR(literal) {(literal), sizeof(literal) - 1}

/* Whether a table that reports `struct_size` bytes has `field`. Check it this way before calling an
 * optional function. */
#define COMPOSABLE_HAS(type, table, field) \
  ((table)->struct_size >= offsetof(type, field) + sizeof((table)->field))

#ifdef __cplusplus
}
#endif
