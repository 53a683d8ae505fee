/* Lets an exception out of create, which the ABI forbids and a host must survive. */
#include <stdexcept>

#include "good_domain.h"

COMPOSABLE_NOTE("throws_in_create");

namespace {
composable_status throwing_create(const composable_host*, composable_str, composable_state**,
                                  composable_error*) {
  throw std::runtime_error("the database of the plugin is away");
}
}  // namespace

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  GOOD_DOMAIN("throws_in_create");
  domain.create = throwing_create;
  return &domain;
}
