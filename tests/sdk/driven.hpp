// A domain driven through its C table, with everything that a host would pass.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "composable/json.hpp"
#include "composable/plugin.hpp"
#include "composable/testing/recorder.hpp"

template <class D>
class Driven {
 public:
  explicit Driven(std::string_view config = "{}") {
    EXPECT_EQ(table.create(nullptr, composable::abi_str(config), &state, &fresh()), COMPOSABLE_OK)
        << composable::describe(error);
    context.struct_size = sizeof(context);
  }
  ~Driven() {
    if (state != nullptr) table.destroy(state);
  }
  Driven(const Driven&) = delete;
  Driven& operator=(const Driven&) = delete;

  template <class A>
  static constexpr std::uint32_t number = composable::domain::kNumber<D, A>;

  static composable_action json(std::uint32_t type, std::string_view text) {
    return {type, COMPOSABLE_FORM_JSON, text.data(), text.size()};
  }
  template <class A>
  static composable_action native(const A& action) {
    return {number<A>, COMPOSABLE_FORM_NATIVE, &action, sizeof(A)};
  }

  composable_error& fresh() { return error = composable::no_error(); }

  composable_status decide(const composable_action& action) {
    composable::testing::Recorder recorder(table);
    const composable_status status =
        table.decide(state, &action, &context, recorder.sink(), &fresh());
    told.clear();
    for (const auto& effect : recorder.effects()) told.push_back(recorder.describe(effect));
    return status;
  }
  composable_status evolve(const composable_action& event) {
    return table.evolve(state, &event, &context, &fresh());
  }

  const composable_domain& table = composable::domain_table<D>();
  composable_state* state = nullptr;
  composable_context context{};
  composable_error error{};
  std::vector<std::string> told;  // by the last decide
};
