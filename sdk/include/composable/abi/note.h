/* The ELF note that a host reads from the file before it maps any code: section .note.composable,
 * owner "Composable", type 1. A plugin that does not match is refused before any of its code runs. */
#pragma once
#include <stdint.h>

#include "composable/abi/version.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COMPOSABLE_NOTE_SECTION ".note.composable"
#define COMPOSABLE_NOTE_OWNER "Composable"
#define COMPOSABLE_NOTE_TYPE 1

/* The note's descriptor: 96 bytes, in the file's byte order. Frozen. */
typedef struct composable_note_desc {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t min_host_minor; /* the oldest minor of abi_major that a host must have */
  char domain[64];         /* the domain's name, padded with NULs; may be empty */
  char sdk[16];            /* the SDK: "c++ 0.1", "c", padded with NULs */
} composable_note_desc;

/* The whole note as it stands in the file. */
typedef struct composable_note {
  uint32_t owner_size; /* 11, with the NUL */
  uint32_t desc_size;
  uint32_t type;
  char owner[12];
  composable_note_desc desc;
} composable_note;

#ifdef __cplusplus
}
#endif

/* For plugins written in C: COMPOSABLE_NOTE("counter"); once, at file scope. */
#define COMPOSABLE_NOTE(domain_name)                                                      \
  __attribute__((used, aligned(4), section(COMPOSABLE_NOTE_SECTION))) static const        \
      composable_note composable_plugin_note = {                                          \
          sizeof(COMPOSABLE_NOTE_OWNER), sizeof(composable_note_desc), COMPOSABLE_NOTE_TYPE, \
          COMPOSABLE_NOTE_OWNER,                                                          \
          {sizeof(composable_note_desc), COMPOSABLE_ABI_MAJOR, COMPOSABLE_ABI_MINOR, 0,   \
           domain_name, "c"}}
