// may_see decides which reader gets which event. No other code decides that. Any thread.
#pragma once
#include <cstdint>
#include <string_view>

#include "composable/abi/action.h"

namespace composable::host {

// What an action's domain declares about it, and the user that it belongs to.
struct EventAudience {
  std::uint32_t action_class = 0;  // COMPOSABLE_CLASS_*
  std::uint32_t visibility = 0;    // COMPOSABLE_VISIBILITY_*
  std::string_view user;           // empty: none
};

// The reader of a socket or an event stream. Without a user: anonymous.
struct Principal {
  std::string_view user;
};

inline constexpr Principal kAnonymous{};

inline bool may_see(const EventAudience& event, const Principal& reader) {
  if (event.action_class != COMPOSABLE_CLASS_EVENT) return false;
  if (event.visibility == COMPOSABLE_VISIBILITY_PUBLIC) return true;
  return event.visibility == COMPOSABLE_VISIBILITY_USER && !reader.user.empty() &&
         reader.user == event.user;
}

}  // namespace composable::host
