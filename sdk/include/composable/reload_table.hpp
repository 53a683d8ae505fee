// The table composable.reload/1 of a domain that declares kReload (reload.hpp). Used by plugin.hpp
// and the testing kit; threads as in abi/reload.h.
#pragma once
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include "composable/glue.hpp"
#include "composable/reload.hpp"
#include "composable/wire_form.hpp"

namespace composable::glue {

template <class D>
concept SaysOfReload = requires {
  D::kReload;
};
template <class D>
concept ExportsByHand = requires(const typename D::State& state) {
  { D::export_state(state) } -> std::convertible_to<std::string>;
};
template <class D>
concept ImportsByHand = requires(std::uint32_t schema, std::string_view bytes) {
  { D::import_state(schema, bytes) } -> std::convertible_to<typename D::State>;
};

template <class Declared>
struct StateKind {
  static constexpr bool kKept = false;
};
template <class... Older>
struct StateKind<KeptState<Older...>> {
  static constexpr bool kKept = true;
  // The first of them for which `use.template operator()<OlderState<…>>()` says true.
  template <class Use>
  static bool any_older(Use&& use) {
    return (use.template operator()<Older>() || ...);
  }
};
template <class D>
using StateKindOf = StateKind<std::remove_cvref_t<decltype(D::kReload)>>;

template <class D>
inline constexpr bool kKeepsState = [] {
  if constexpr (SaysOfReload<D>) {
    return StateKindOf<D>::kKept;
  } else {
    return false;
  }
}();
template <class D>
inline constexpr std::uint32_t kStateSchema = [] {
  if constexpr (kKeepsState<D>) {
    return D::kReload.schema;
  } else {
    return std::uint32_t{0};
  }
}();

// Not templates: sdk/src/glue.cpp.
composable_status unknown_schema(composable_error* error, std::uint32_t found, std::uint32_t own);

template <class D, class Then>
concept Migrates = requires(const Then& then) {
  { D::migrate(then) } -> std::convertible_to<typename D::State>;
};

template <class D, class Then>
composable_status import_older(typename D::State& to, std::string_view json,
                               composable_error* error) {
  Then then{};
  if (!composable::decode(type_of<Then>(), &then, json, kStored, error)) {
    return COMPOSABLE_E_INVALID;
  }
  to = D::migrate(then);
  return COMPOSABLE_OK;
}

template <class D>
composable_status export_state(const composable_state* state, composable_writer* out,
                               composable_error* error) noexcept try {
  const typename D::State& from = instance<D>(state).state;
  if constexpr (ExportsByHand<D>) {
    const std::string bytes = D::export_state(from);
    return out->write(out->ctx, bytes.data(), bytes.size());
  } else {
    return composable::encode(type_of<typename D::State>(), &from, *out, error);
  }
} catch (...) {
  return caught(error);
}

template <class D>
composable_status import_state(composable_state* state, std::uint32_t schema,
                               composable_bytes bytes, composable_error* error) noexcept try {
  using State = typename D::State;
  const std::string_view text(reinterpret_cast<const char*>(bytes.ptr), bytes.len);
  State& to = reinterpret_cast<Instance<D>*>(state)->state;
  if constexpr (ImportsByHand<D>) {
    to = D::import_state(schema, text);
    return COMPOSABLE_OK;
  } else {
    if (schema == D::kReload.schema) {
      const bool read = composable::decode(type_of<State>(), &to, text, kStored, error);
      return read ? COMPOSABLE_OK : COMPOSABLE_E_INVALID;
    }
    composable_status status = COMPOSABLE_E_UNSUPPORTED;
    const bool known = StateKindOf<D>::any_older([&]<class Older>() {
      if (schema != Older::kSchema) return false;
      status = import_older<D, typename Older::State>(to, text, error);
      return true;
    });
    return known ? status : unknown_schema(error, schema, D::kReload.schema);
  }
} catch (...) {
  return caught(error);
}

template <class D, class Then>
struct OlderStateCase {
  static_assert(Migrates<D, Then>,
                "composable: there is no migrate overload for this older state; write `static "
                "State migrate(const Older&)` in the domain");
};
template <class D, class Declared>
struct OlderStatesCase {};
template <class D, class... Older>
struct OlderStatesCase<D, KeptState<Older...>> {
  static_assert(((sizeof(OlderStateCase<D, typename Older::State>) != 0) && ...));
};

// What is said of a domain's kReload, and what is wrong with it.
template <class D>
struct ReloadCase {
  using Declared = std::remove_cvref_t<decltype(D::kReload)>;
  static constexpr bool kKeeps = kKeepsState<D>;
  static constexpr bool kByHand = ExportsByHand<D> && ImportsByHand<D>;
  static_assert(kKeeps || std::is_same_v<Declared, LostState>,
                "composable: kReload is composable::keeps_state(1) or composable::resets_state()");
  static_assert(kKeeps || D::kStorage == ephemeral,
                "composable: the state of a durable domain comes from the log and is never reset; "
                "leave kReload out");
  static_assert(ExportsByHand<D> == ImportsByHand<D>,
                "composable: a domain that writes its state itself also reads it; write both "
                "`static std::string export_state(const State&)` and `static State "
                "import_state(std::uint32_t schema, std::string_view bytes)`");
  static constexpr bool kWritten = !kKeeps || kByHand || schema::has_wire_form<typename D::State>();
  static_assert(kWritten,
                "composable: this State holds something that has no form in JSON, so that "
                "keeps_state cannot write it; write `static std::string export_state(const "
                "State&)` and `static State import_state(std::uint32_t schema, "
                "std::string_view bytes)`, or declare `kReload = composable::resets_state()`");
  using Unwritten = std::conditional_t<kWritten, domain::NoBadMember, typename D::State>;
  static_assert(sizeof(domain::BadMember<Unwritten>) != 0);  // names the member
};

template <class D>
struct ReloadTable {
  static constexpr composable_reload_v1 make() {
    static_assert(sizeof(ReloadCase<D>) != 0);
    if constexpr (!ReloadCase<D>::kKeeps) {
      return {sizeof(composable_reload_v1), COMPOSABLE_RELOAD_RESET, nullptr, nullptr};
    } else {
      return {sizeof(composable_reload_v1), 0, &export_state<D>, &import_state<D>};
    }
  }
  static constexpr composable_reload_v1 kTable = make();
};

}  // namespace composable::glue
