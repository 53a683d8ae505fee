/* A domain that any host takes: one command that does nothing, no routes. Each bad plugin is this
 * one with a single thing spoilt, so that a refusal can have one reason only. C11 and C++. */
#pragma once
#include <stdlib.h>

#include "composable/abi/composable.h"

#ifdef __cplusplus
#define ENTRY extern "C" __attribute__((visibility("default"))) const composable_domain*
#else
#define ENTRY __attribute__((visibility("default"))) const composable_domain*
#endif

static inline composable_status good_create(const composable_host* host, composable_str config,
                                            composable_state** out, composable_error* error) {
  (void)host, (void)config, (void)error;
  *out = (composable_state*)malloc(1);
  return COMPOSABLE_OK;
}

static inline void good_destroy(composable_state* state) { free(state); }

static inline composable_status good_decide(const composable_state* state,
                                            const composable_action* action,
                                            const composable_context* context,
                                            composable_effects* effects, composable_error* error) {
  (void)state, (void)action, (void)context, (void)effects, (void)error;
  return COMPOSABLE_OK;
}

static inline composable_status good_evolve(composable_state* state, const composable_action* event,
                                            const composable_context* context,
                                            composable_error* error) {
  (void)state, (void)event, (void)context, (void)error;
  return COMPOSABLE_OK;
}

static inline composable_status good_decode(const composable_action* json, uint32_t mode,
                                            composable_error* error) {
  (void)json, (void)mode, (void)error;
  return COMPOSABLE_OK;
}

static inline composable_action_type good_command(composable_str name) {
  composable_action_type type = {0};
  type.struct_size = sizeof type;
  type.action_class = COMPOSABLE_CLASS_COMMAND;
  type.name = name;
  return type;
}

/* The domain `name` with its one command `command`, which must outlive it. */
static inline composable_domain good_domain(composable_str name,
                                            const composable_action_type* const* command) {
  const composable_str version = COMPOSABLE_STR("1.0.0");
  composable_domain domain = {0};
  domain.struct_size = sizeof domain;
  domain.name = name;
  domain.version = version;
  domain.actions = command;
  domain.n_actions = 1;
  domain.create = good_create;
  domain.destroy = good_destroy;
  domain.decide = good_decide;
  domain.evolve = good_evolve;
  domain.decode = good_decode;
  return domain;
}

/* The good domain `text` as `domain`, a variable of the entry function that lives on. */
#define GOOD_DOMAIN(text)                                                 \
  static composable_action_type good_type;                                \
  static const composable_action_type* const good_types[] = {&good_type}; \
  static composable_domain domain;                                        \
  const composable_str good_command_name = COMPOSABLE_STR("Nothing");     \
  const composable_str good_name = COMPOSABLE_STR(text);                  \
  good_type = good_command(good_command_name);                            \
  domain = good_domain(good_name, good_types)
