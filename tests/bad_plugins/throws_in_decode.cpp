// Lets exceptions out of decode and evolve, which the ABI forbids and a host must survive.
#include <stdexcept>

#include "good_domain.h"

COMPOSABLE_NOTE("throws_in_decode");

namespace {
composable_status throwing_decode(const composable_action*, uint32_t, composable_error*) {
  throw std::runtime_error("no such field");
}
composable_status throwing_evolve(composable_state*, const composable_action*,
                                  const composable_context*, composable_error*) {
  throw 7;
}
}  // namespace

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  GOOD_DOMAIN("throws_in_decode");
  domain.decode = throwing_decode;
  domain.evolve = throwing_evolve;
  return &domain;
}
