// An Instance is what a composable_state is in a C++ plugin: the domain's state, its
// configuration, and the last event that the state has evolved.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "composable/abi/composable.h"
#include "composable/domain.hpp"
#include "composable/json.hpp"

namespace composable::glue {

inline std::string_view json_of(const composable_action& action) {
  return {static_cast<const char*>(action.data), action.size};
}

// The event that evolve has taken last and the bytes it was decoded from. Most answers are made of
// that very event, right after it: they need not decode it again. An event counts as the same when
// its type and its bytes are, so nothing depends on the order of calls. [serial]
template <class D>
class LastEvolved {
 public:
  static constexpr std::size_t kMostBytes = 64 << 10;  // a larger one is not kept

  LastEvolved() = default;
  // A copy keeps nothing, so that actions need not be copyable.
  LastEvolved(const LastEvolved&) {}
  LastEvolved& operator=(const LastEvolved&) {
    json_.clear();
    return *this;
  }

  // Decodes `json` into a place of its own; null, and `error` says why, when it is no A. Nothing is
  // found until keep().
  template <class A>
  const A* decode(std::string_view json, composable_error* error) {
    json_.clear();
    A& decoded = event_.template emplace<A>();
    if (!composable::decode(type_of<A>(), &decoded, json, kStored, error)) return nullptr;
    return &decoded;
  }
  // The state has taken the event that decode() made of `json`.
  void keep(std::string_view json) { json_.assign(json); }

  // The event whose bytes these are, or null.
  template <class A>
  const A* find(std::string_view json) const {
    return !json_.empty() && json == json_ ? std::get_if<A>(&event_) : nullptr;
  }

 private:
  typename D::Action event_{};
  std::string json_;
};

template <class D>
struct Instance {
  typename D::State state{};
  domain::Config<D> config{};
  LastEvolved<D> last{};
};
template <class D>
const Instance<D>& instance(const composable_state* state) {
  return *reinterpret_cast<const Instance<D>*>(state);
}
template <class D>
Instance<D>& instance(composable_state* state) {
  return *reinterpret_cast<Instance<D>*>(state);
}

}  // namespace composable::glue
