// diff lists how two values differ, field by field, by their schema; it needs neither operator==
// nor a printer. Used by test_store.hpp.
#pragma once
#include <string>
#include <vector>

#include "composable/schema.hpp"

namespace composable::testing {

// One line per difference: `items[0].quantity: expected 3, got 2`; none when the values are equal.
std::vector<std::string> diff(const Type& type, const void* expected, const void* actual);

template <class T>
std::vector<std::string> diff(const T& expected, const T& actual) {
  return diff(type_of<T>(), &expected, &actual);
}

}  // namespace composable::testing
