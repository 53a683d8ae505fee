// COMPOSABLE_PLUGIN(orders::Orders) makes a plugin of a domain: once per plugin, at file scope. It
// includes everything that a domain needs. A source that only decides and evolves can include
// composable/effects.hpp instead, which compiles faster.
#pragma once
#include "composable/domain_table.hpp"

// Checks the domain and defines the note and the entry, the one symbol that a plugin exports. What
// is wrong with the domain is a static_assert with a sentence that names it. The note names the ABI
// that the plugin was built for, so that a host that cannot load it refuses it before any of its
// code runs. [load] The entry allocates nothing, has no side effects and lets no exception out.
#define COMPOSABLE_PLUGIN(...)                                                                     \
  static_assert(::composable::domain::ActionsCase<__VA_ARGS__, __VA_ARGS__::Action>::kFine);       \
  static_assert(sizeof(::composable::glue::DomainCase<__VA_ARGS__>) != 0);                         \
  __attribute__((                                                                                  \
      used, aligned(4),                                                                            \
      section(COMPOSABLE_NOTE_SECTION))) static constexpr composable_note composable_plugin_note = \
      ::composable::glue::make_note(__VA_ARGS__::kName);                                           \
  extern "C" __attribute__((visibility("default"))) const composable_domain*                       \
  composable_plugin_entry_v1(const composable_host* host, composable_error* error) {               \
    return ::composable::glue::entry<__VA_ARGS__>(host, error);                                    \
  }
