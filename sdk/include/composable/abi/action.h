/* Actions: the types that a domain declares, and how one crosses the boundary. */
#pragma once
#include "composable/abi/bytes.h"
#include "composable/abi/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Class: what the action is for. */
#define COMPOSABLE_CLASS_COMMAND ((uint32_t)1)   /* a request; goes to decide */
#define COMPOSABLE_CLASS_EVENT ((uint32_t)2)     /* a fact; goes to evolve, is broadcast */
#define COMPOSABLE_CLASS_REJECTION ((uint32_t)3) /* a refusal; sent to the caller only */
#define COMPOSABLE_CLASS_INTERNAL ((uint32_t)4)  /* internal to the domain; goes to decide */

/* Visibility of an event to sockets. */
#define COMPOSABLE_VISIBILITY_PRIVATE ((uint32_t)0)
/* The user named by `owner_field`, else the actor; reaches no socket of this host yet. */
#define COMPOSABLE_VISIBILITY_USER ((uint32_t)1)
#define COMPOSABLE_VISIBILITY_PUBLIC ((uint32_t)2)

/* Which users may send a command. */
#define COMPOSABLE_ACCESS_ANYONE ((uint32_t)0)
#define COMPOSABLE_ACCESS_USER ((uint32_t)1)
#define COMPOSABLE_ACCESS_ROLE ((uint32_t)2) /* the role in `role` */

#define COMPOSABLE_ACTION_WS ((uint32_t)1)     /* sockets may send this command */
#define COMPOSABLE_ACTION_NATIVE ((uint32_t)2) /* has a native form; encode is defined for it */

/* Declares one action type; a constant of the plugin. Its index in the domain's table is its
 * number within this generation; its name is its identity for ever. */
typedef struct composable_action_type {
  uint32_t struct_size;
  uint32_t action_class;
  uint32_t visibility; /* events */
  uint32_t access;     /* commands */
  uint32_t flags;
  uint32_t status;            /* rejections: the HTTP status, 400..499 */
  composable_str name;        /* [A-Za-z][A-Za-z0-9_]*, at most 64 bytes */
  composable_str owner_field; /* visibility user */
  composable_str role;        /* access role */
  composable_str code;        /* rejections: INVALID_ORDER_STATE */
  composable_str message;     /* rejections: the text when the domain has no `explain` */
  const composable_type* schema; /* of the payload; null when undeclared */
} composable_action_type;

#define COMPOSABLE_FORM_JSON ((uint32_t)0)   /* data: the payload as UTF-8 JSON; size: its bytes */
#define COMPOSABLE_FORM_NATIVE ((uint32_t)1) /* data: the plugin's own object; size: its sizeof */

/* One action. Always borrowed: `data` is valid for the call only. Within nested calls an action stays
 * native; where it must be stored or queued, the host calls encode. Frozen. */
typedef struct composable_action {
  uint32_t type;
  uint32_t form;
  const void* data;
  size_t size;
} composable_action;

#ifdef __cplusplus
}
#endif
