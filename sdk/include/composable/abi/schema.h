/* The schema of an action as data: for OpenAPI, forms, validation and masking.
 *
 * Tables are constants of the plugin; the host reads them while the generation is loaded and keeps
 * copies of what it needs longer. A recursive type refers to itself by pointer. */
#pragma once
#include "composable/abi/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COMPOSABLE_KIND_NULL ((uint32_t)0)
#define COMPOSABLE_KIND_BOOL ((uint32_t)1)
#define COMPOSABLE_KIND_INT ((uint32_t)2)    /* bits and range in `bits`; signed */
#define COMPOSABLE_KIND_UINT ((uint32_t)3)   /* unsigned */
#define COMPOSABLE_KIND_DOUBLE ((uint32_t)4)
#define COMPOSABLE_KIND_STRING ((uint32_t)5)
#define COMPOSABLE_KIND_ENUM ((uint32_t)6)   /* one of `names`, written as a string */
#define COMPOSABLE_KIND_LIST ((uint32_t)7)   /* of `element` */
#define COMPOSABLE_KIND_MAP ((uint32_t)8)    /* string keys, `element` values */
#define COMPOSABLE_KIND_OBJECT ((uint32_t)9) /* `fields` */
#define COMPOSABLE_KIND_UNION ((uint32_t)10) /* externally tagged: {"<name>": element} of `fields` */
#define COMPOSABLE_KIND_ANY ((uint32_t)11)   /* any JSON value */

#define COMPOSABLE_FIELD_OPTIONAL ((uint32_t)1) /* may be absent, with its default or none */
#define COMPOSABLE_FIELD_NULLABLE ((uint32_t)2) /* may be null */
#define COMPOSABLE_FIELD_SECRET ((uint32_t)4)   /* never in a log, a metric, an error or a view */

typedef struct composable_type composable_type;

typedef struct composable_field {
  uint32_t struct_size;
  uint32_t flags;
  composable_str name;
  const composable_type* type;
} composable_field;

struct composable_type {
  uint32_t struct_size;
  uint32_t kind;
  uint32_t bits; /* INT and UINT: 8, 16, 32 or 64 */
  uint32_t n_fields;
  composable_str name;                   /* OBJECT, ENUM and UNION; may be empty */
  const composable_field* const* fields; /* OBJECT and UNION: n_fields pointers */
  const composable_str* names;           /* ENUM: n_fields names */
  const composable_type* element;        /* LIST and MAP */
};

#ifdef __cplusplus
}
#endif
