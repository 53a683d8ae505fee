// kReload declares what becomes of a domain's state when another build replaces the running one:
//
//   static constexpr auto kReload = composable::keeps_state(1);
//   static constexpr auto kReload = composable::resets_state();
//
// keeps_state writes the State as JSON and reads it back as stored events are read: a field that is
// new keeps its default, one that is gone is skipped. For any other change of the State the number
// goes up, and the older forms are named, each with its own struct and a migrate overload:
//
//   static constexpr auto kReload = composable::keeps_state(2).migrates<1, StateOf1>();
//   static State migrate(const StateOf1&);
//
// A State that has no form in JSON is written and read by the domain itself; what import_state
// throws refuses the state, in those words:
//
//   static std::string export_state(const State&);
//   static State import_state(std::uint32_t schema, std::string_view bytes);
//
// An ephemeral domain without kReload is not reloaded. A durable one does not need it, since
// its state comes from the log; keeps_state lets the host keep snapshots of it. Constants; read
// when the domain's tables are made.
#pragma once
#include <cstdint>

namespace composable {

// The State as it was in the builds that counted it as `kNumber`.
template <std::uint32_t kNumber, class StateThen>
struct OlderState {
  static constexpr std::uint32_t kSchema = kNumber;
  using State = StateThen;
};

template <class... Older>
struct KeptState {
  std::uint32_t schema;

  template <std::uint32_t kNumber, class StateThen>
  consteval KeptState<Older..., OlderState<kNumber, StateThen>> migrates() const {
    if (kNumber == schema || ((kNumber == Older::kSchema) || ...)) {
      throw "the older states have numbers of their own";
    }
    return {schema};
  }
};
struct LostState {};

// `schema` is the number of the form in which the state is written now, from 1.
consteval KeptState<> keeps_state(std::uint32_t schema) {
  if (schema == 0) throw "the forms of a state are counted from 1";
  return {schema};
}
// The next build starts empty.
consteval LostState resets_state() { return {}; }

}  // namespace composable
