/* The functions that the host offers a plugin. */
#pragma once
#include "composable/abi/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COMPOSABLE_LOG_DEBUG ((uint32_t)1)
#define COMPOSABLE_LOG_INFO ((uint32_t)2)
#define COMPOSABLE_LOG_WARNING ((uint32_t)3)
#define COMPOSABLE_LOG_ERROR ((uint32_t)4)

typedef struct composable_host composable_host;

/* Valid from the entry call until the generation is unloaded. */
struct composable_host {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t reserved;
  void* impl; /* the host's */
  /* [any] One line in the host's log under the domain's name; copies. Not from reducers. */
  void (*log)(const composable_host*, uint32_t level, composable_str message);
  /* [load] A host extension table by id (`composable.<name>/<revision>`), or null. */
  const void* (*query_extension)(const composable_host*, composable_str id);
};

#ifdef __cplusplus
}
#endif
