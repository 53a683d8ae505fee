#include "@file@.hpp"

constexpr std::int64_t kMostTotal = 1'000'000;

// From the state and a command to what should happen. Pure: it looks at its arguments and nothing
// else, and nothing happens before it has returned.
@Domain@::Effects @Domain@::decide(const State& s, const Add& c, const Context&) {
  const bool fits = c.amount >= -s.total && c.amount <= kMostTotal - s.total;
  if (!fits) return composable::reject(OutOfRange{c.amount});
  return composable::append("@domain@", Added{c.amount});
}

// From the state and an event to the next state, now and whenever the log is read again.
void @Domain@::evolve(State& s, const Added& e, const Context&) { s.total += e.amount; }

// GET and POST /api/v1/@domain@; both answer the state, as {"total": 5}.
composable::Routes<@Domain@> @Domain@::routes() {
  constexpr auto state = [](const State& s, const auto&...) { return s; };
  return {composable::get("", state), composable::post<Add>("").replies<Added>(200, state)};
}

COMPOSABLE_PLUGIN(@Domain@)
