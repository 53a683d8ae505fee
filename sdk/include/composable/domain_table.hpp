// The C table of a domain with its extensions, and the note and the entry of a plugin: what
// COMPOSABLE_PLUGIN defines. Threads as in abi/domain.h.
#pragma once
#include <cstddef>
#include <string_view>
#include <type_traits>

#include "composable/abi/composable.h"
#include "composable/effects.hpp"
#include "composable/glue.hpp"
#include "composable/job_table.hpp"
#include "composable/reload_table.hpp"
#include "composable/route_table.hpp"
#include "composable/topic_table.hpp"

namespace composable::glue {

template <class D>
concept HasRoutes = requires {
  D::routes();
};

template <class D>
concept HasTopics = requires {
  D::topics();
};

template <class D>
const void* query_extension(composable_str id) noexcept {
  if constexpr (HasRoutes<D>) {
    if (view(id) == COMPOSABLE_ROUTES_EXTENSION) return &RouteTable<D>::get().table();
  }
  if constexpr (domain::JobsOf<D>::kCount > 0) {
    if (view(id) == COMPOSABLE_JOBS_EXTENSION) return &JobTable<D, typename D::Jobs>::kTable;
  }
  if constexpr (HasTopics<D>) {
    if (view(id) == COMPOSABLE_TOPICS_EXTENSION) return &TopicTable<D>::get();
  }
  if constexpr (SaysOfReload<D>) {
    if (view(id) == COMPOSABLE_RELOAD_EXTENSION) return &ReloadTable<D>::kTable;
  }
  return nullptr;
}

consteval bool is_domain_name(std::string_view name) {
  if (name.empty() || name.size() > 63 || name[0] < 'a' || name[0] > 'z') return false;
  for (const char c : name) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!fine) return false;
  }
  return true;
}

template <class D>
struct DomainTable {
  static_assert(is_domain_name(D::kName),
                "composable: kName is [a-z][a-z0-9_-]*, at most 63 characters");
  static constexpr composable_domain kTable{
      .struct_size = sizeof(composable_domain),
      .flags = D::kStorage == durable ? COMPOSABLE_DOMAIN_DURABLE : 0,
      .name = abi_str(D::kName),
      .version = abi_str(D::kVersion),
      .actions = Actions<D>::kPointers.data(),
      .n_actions = Actions<D>::kCount,
      .state_schema = kStateSchema<D>,
      .create = &create<D>,
      .destroy = &destroy<D>,
      .decide = &decide<D>,
      .evolve = &evolve<D>,
      .encode = &glue::encode<D>,
      .decode = &glue::decode<D>,
      .explain = &explain<D>,
      .query_extension = &query_extension<D>};
};

// What the entry does: says no to a host of another ABI, else hands out the table.
const composable_domain* enter(const composable_domain& domain, const composable_host* host,
                               composable_error* error) noexcept;

struct NothingOfReload {
  using Declared = void;
  static constexpr bool kWritten = true;
};
template <class D>
consteval auto reload_case() {
  if constexpr (SaysOfReload<D>) {
    return std::type_identity<ReloadCase<D>>{};
  } else {
    return std::type_identity<NothingOfReload>{};
  }
}

// The static_asserts about a domain besides its actions, before its tables are made.
template <class D>
struct DomainCase {
  using Actions = domain::ActionsCase<D, typename D::Action>;
  using Jobs = JobsCase<D, typename domain::JobsOf<D>::type>;
  using Reload = typename decltype(reload_case<D>())::type;
  static_assert(Jobs::kFine && sizeof(Reload) != 0);
  static_assert(sizeof(OlderStatesCase<D, typename Reload::Declared>) != 0);
  static constexpr bool kCanBeBuilt = Actions::kCanBeBuilt && Jobs::kCanBeBuilt && Reload::kWritten;
};

// The plugin's entry; of a domain that cannot be built, nothing, so that the sentence about it
// stands alone.
template <class D>
const composable_domain* entry([[maybe_unused]] const composable_host* host,
                               [[maybe_unused]] composable_error* error) noexcept {
  if constexpr (DomainCase<D>::kCanBeBuilt) {
    return enter(DomainTable<D>::kTable, host, error);
  } else {
    return nullptr;
  }
}

consteval composable_note make_note(std::string_view name) {
  composable_note note{sizeof(COMPOSABLE_NOTE_OWNER),
                       sizeof(composable_note_desc),
                       COMPOSABLE_NOTE_TYPE,
                       COMPOSABLE_NOTE_OWNER,
                       {}};
  note.desc.struct_size = sizeof(note.desc);
  note.desc.abi_major = COMPOSABLE_ABI_MAJOR;
  note.desc.abi_minor = COMPOSABLE_ABI_MINOR;
  for (std::size_t i = 0; i < name.size(); ++i) note.desc.domain[i] = name[i];
  constexpr std::string_view kSdk = "c++ 0.1";
  for (std::size_t i = 0; i < kSdk.size(); ++i) note.desc.sdk[i] = kSdk[i];
  return note;
}

}  // namespace composable::glue

namespace composable {

// The C table of domain D.
template <class D>
constexpr const composable_domain& domain_table() {
  return glue::DomainTable<D>::kTable;
}

}  // namespace composable
