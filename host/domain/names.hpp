// The names of action classes, for reports and errors. Pure; any thread.
#pragma once
#include <cstdint>
#include <string_view>

#include "composable/abi/action.h"

namespace composable::host {

// The name of a COMPOSABLE_CLASS_*: `command`.
constexpr std::string_view class_name(std::uint32_t action_class) {
  switch (action_class) {
    case COMPOSABLE_CLASS_COMMAND:
      return "command";
    case COMPOSABLE_CLASS_EVENT:
      return "event";
    case COMPOSABLE_CLASS_REJECTION:
      return "rejection";
    default:
      return "internal";
  }
}

// The same within a sentence: `a command`.
constexpr std::string_view class_in_a_sentence(std::uint32_t action_class) {
  switch (action_class) {
    case COMPOSABLE_CLASS_COMMAND:
      return "a command";
    case COMPOSABLE_CLASS_EVENT:
      return "an event";
    case COMPOSABLE_CLASS_REJECTION:
      return "a rejection";
    default:
      return "an internal action";
  }
}

}  // namespace composable::host
