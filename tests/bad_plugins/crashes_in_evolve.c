/* Evolves three events, and writes to no memory at the fourth. */
#include "good_domain.h"

COMPOSABLE_NOTE("crashes_in_evolve");

static int* volatile nowhere = (int*)16;

static composable_status crashing_evolve(composable_state* state, const composable_action* event,
                                         const composable_context* context,
                                         composable_error* error) {
  static int evolved;
  (void)state, (void)event, (void)context, (void)error;
  if (++evolved == 4) *nowhere = 1;
  return COMPOSABLE_OK;
}

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  GOOD_DOMAIN("crashes_in_evolve");
  const composable_str name = COMPOSABLE_STR("Happened");
  good_type.name = name;
  good_type.action_class = COMPOSABLE_CLASS_EVENT;
  domain.evolve = crashing_evolve;
  return &domain;
}
