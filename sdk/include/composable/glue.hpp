// The C table of a domain: for each function of abi/domain.h a function that makes the typed call
// and lets no exception out. plugin.hpp hands it to the host; the testing kit and benchmarks call
// it directly. Threads as in the ABI header.
#pragma once
#include <array>
#include <memory>
#include <utility>

#include "composable/abi/composable.h"
#include "composable/domain_case.hpp"
#include "composable/effects.hpp"
#include "composable/instance.hpp"

namespace composable::glue {

// No plugin author calls anything of this file. A thunk takes what the ABI gives, decodes it where
// it is JSON, makes one call of the domain, and turns what comes out of it, exceptions too, into a
// status and an error.

// Not templates: sdk/src/glue.cpp.
// To be called in a catch block: what() of the exception as the error's message.
composable_status caught(composable_error* error) noexcept;
composable_status unknown_action(composable_error* error, std::uint32_t type);
composable_status wrong_class(composable_error* error, std::string_view action,
                              std::string_view function);
// Writes `message` with every {field} replaced by that field of `object`.
composable_status fill_message(std::string_view message, const Type& type, const void* object,
                               const composable_writer& out);
composable_status write_text(const Type& type, std::string_view field, const void* object,
                             const composable_writer& out);

// Calls `use.template operator()<A>()` with the type of action number `type`.
template <class Variant, class Use>
composable_status with_type(std::uint32_t type, composable_error* error, Use&& use) {
  composable_status status = COMPOSABLE_E_UNSUPPORTED;
  const bool known = [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    return (
        (type == kIndex &&
         (status = use.template operator()<std::variant_alternative_t<kIndex, Variant>>(), true)) ||
        ...);
  }
  (std::make_index_sequence<std::variant_size_v<Variant>>());
  return known ? status : unknown_action(error, type);
}

// Calls `use(const A&)` with the payload, decoded on the stack when it is JSON.
template <class A, class Use>
composable_status with_payload(const composable_action& action, const DecodeOptions& options,
                               composable_error* error, Use&& use) {
  if (action.form == COMPOSABLE_FORM_NATIVE) return use(*static_cast<const A*>(action.data));
  A decoded{};
  if (!decode(type_of<A>(), &decoded, json_of(action), options, error)) {
    return COMPOSABLE_E_INVALID;
  }
  return use(decoded);
}

template <class D>
concept ChecksConfig = requires(const domain::Config<D>& config) {
  D::check(config);
};

// Reads the domain's section of the configuration, and lets the domain look at it.
template <class D>
composable_status read_config(std::string_view json, domain::Config<D>& config,
                              composable_error* error) noexcept try {
  if (!decode(type_of<domain::Config<D>>(), &config, json, kConfig, error)) {
    return COMPOSABLE_E_INVALID;
  }
  if constexpr (ChecksConfig<D>) D::check(std::as_const(config));
  return COMPOSABLE_OK;
} catch (...) {
  caught(error);
  return COMPOSABLE_E_INVALID;
}

// [load] Makes an Instance with the empty state. The host's table was taken by the entry.
template <class D>
composable_status create(const composable_host*, composable_str config, composable_state** out,
                         composable_error* error) noexcept try {
  auto made = std::make_unique<Instance<D>>();
  const composable_status status = read_config<D>(view(config), made->config, error);
  if (status < 0) return status;
  *out = reinterpret_cast<composable_state*>(made.release());
  return COMPOSABLE_OK;
} catch (...) {
  return caught(error);
}

// [load]
template <class D>
void destroy(composable_state* state) noexcept {
  delete reinterpret_cast<Instance<D>*>(state);
}

// decide and evolve find the function of an action's type by its number, and all arguments stay in
// registers on the way.
template <class D, class A>
composable_status decide_one(const composable_state* state, const composable_action* action,
                             const composable_context* context, composable_effects* sink,
                             composable_error* error) {
  if constexpr (!domain::kGoesToDecide<D, A>) {
    return wrong_class(error, reflect::type_name<A>(), "decide");
  } else {
    const bool delivered = (context->flags & COMPOSABLE_CONTEXT_DELIVERED) != 0;
    return with_payload<A>(*action, delivered ? kStored : kWire, error, [&](const A& payload) {
      const Instance<D>& self = instance<D>(state);
      const Context seen(*context);
      if constexpr (domain::DecidesWithConfig<D, A>) {
        Effects<D> effects = D::decide(self.state, payload, seen, self.config);
        return effects.emit(sink, error);
      } else {
        Effects<D> effects = D::decide(self.state, payload, seen);
        return effects.emit(sink, error);
      }
    });
  }
}

template <class D, class A>
composable_status evolve_one(composable_state* state, const composable_action* event,
                             const composable_context* context, composable_error* error) {
  if constexpr (!domain::kIsEvent<D, A> || !domain::Evolves<D, A>) {
    return wrong_class(error, reflect::type_name<A>(), "evolve");
  } else {
    Instance<D>& self = instance<D>(state);
    // A replay answers no request.
    const bool keeps = event->form == COMPOSABLE_FORM_JSON &&
                       (context->flags & COMPOSABLE_CONTEXT_REPLAYING) == 0 &&
                       event->size <= LastEvolved<D>::kMostBytes;
    if (keeps) {
      const A* const taken = self.last.template decode<A>(json_of(*event), error);
      if (taken == nullptr) return COMPOSABLE_E_INVALID;
      D::evolve(self.state, *taken, Context(*context));
      self.last.keep(json_of(*event));
      return COMPOSABLE_OK;
    }
    return with_payload<A>(*event, kStored, error, [&](const A& payload) {
      D::evolve(self.state, payload, Context(*context));
      return COMPOSABLE_OK;
    });
  }
}

// The functions of each action, by its number.
template <class D, class Variant>
struct ByType;
template <class D, class... A>
struct ByType<D, std::variant<A...>> {
  static constexpr std::array kDecide{&decide_one<D, A>...};
  static constexpr std::array kEvolve{&evolve_one<D, A>...};
};

// [serial]
template <class D>
composable_status decide(const composable_state* state, const composable_action* action,
                         const composable_context* context, composable_effects* sink,
                         composable_error* error) noexcept try {
  constexpr auto& kDecide = ByType<D, typename D::Action>::kDecide;
  if (action->type >= kDecide.size()) return unknown_action(error, action->type);
  return kDecide[action->type](state, action, context, sink, error);
} catch (...) {
  return caught(error);
}

// [serial]
template <class D>
composable_status evolve(composable_state* state, const composable_action* event,
                         const composable_context* context, composable_error* error) noexcept try {
  constexpr auto& kEvolve = ByType<D, typename D::Action>::kEvolve;
  if (event->type >= kEvolve.size()) return unknown_action(error, event->type);
  return kEvolve[event->type](state, event, context, error);
} catch (...) {
  return caught(error);
}

template <class D>
struct Actions;

// [any]
template <class D>
composable_status encode(const composable_action* native, composable_writer* out,
                         composable_error* error) noexcept try {
  if (native->type >= Actions<D>::kCount) return unknown_action(error, native->type);
  return composable::encode(*Actions<D>::kShapes[native->type], native->data, *out, error);
} catch (...) {
  return caught(error);
}

// [any] Into an object that is dropped: the host asks whether it can be read.
template <class D>
composable_status decode(const composable_action* json, std::uint32_t mode,
                         composable_error* error) noexcept try {
  const DecodeOptions& options = mode == COMPOSABLE_DECODE_STORED ? kStored : kWire;
  return with_type<typename D::Action>(json->type, error, [&]<class A>() {
    A decoded{};
    return composable::decode(type_of<A>(), &decoded, json_of(*json), options, error)
               ? COMPOSABLE_OK
               : COMPOSABLE_E_INVALID;
  });
} catch (...) {
  return caught(error);
}

// [any] The sentence of a rejection with its fields filled in, and the place in the input.
template <class D>
composable_status explain(const composable_action* rejection, composable_writer* message,
                          composable_writer* path) noexcept try {
  return with_type<typename D::Action>(
      rejection->type, nullptr, [&]<class A>() -> composable_status {
        if constexpr (!domain::kDeclared<A, RejectionKind>) {
          return COMPOSABLE_E_UNSUPPORTED;
        } else {
          return with_payload<A>(*rejection, kStored, nullptr, [&](const A& payload) {
            const composable_status status =
                fill_message(A::kind.message, type_of<A>(), &payload, *message);
            if (status < 0 || A::kind.path_field.empty()) return status;
            return write_text(type_of<A>(), A::kind.path_field, &payload, *path);
          });
        }
      });
} catch (...) {
  return caught(nullptr);
}

// The declaration of action A, from its `kind` or from the overloads that it has.
template <class D, class A>
consteval composable_action_type declare() {
  static_assert(sizeof(domain::ActionCase<D, A>) != 0);
  composable_action_type type{};
  type.struct_size = sizeof(type);
  type.action_class = domain::kClass<D, A>;
  type.flags = COMPOSABLE_ACTION_NATIVE;
  type.name = schema::TypeName<A>::kName;
  type.schema = &schema::TableOf<A>::value;
  if constexpr (domain::kDeclared<A, CommandKind>) {
    type.access = A::kind.access;
    type.role = abi_str(A::kind.role);
    if (A::kind.from_sockets) type.flags |= COMPOSABLE_ACTION_WS;
  } else if constexpr (domain::kDeclared<A, EventKind>) {
    type.visibility = A::kind.visibility;
    type.owner_field = abi_str(A::kind.owner);
  } else if constexpr (domain::kDeclared<A, RejectionKind>) {
    type.status = A::kind.status;
    type.code = abi_str(A::kind.code);
    type.message = abi_str(A::kind.message);
  }
  return type;
}

template <class D, class Variant>
struct ActionTable;
template <class D, class... A>
struct ActionTable<D, std::variant<A...>> {
  static constexpr std::uint32_t kCount = sizeof...(A);
  static constexpr const Type* kShapes[] = {&schema::TableOf<A>::value...};
  static constexpr composable_action_type kTypes[] = {declare<D, A>()...};
  static constexpr auto kPointers = []<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    return std::array<const composable_action_type*, kCount>{&kTypes[kIndex]...};
  }
  (std::make_index_sequence<kCount>());
};
template <class D>
struct Actions : ActionTable<D, typename D::Action> {};

}  // namespace composable::glue
