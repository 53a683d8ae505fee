// check_access decides whether an actor may send a command, for HTTP and WebSocket alike. Sessions
// carry no roles yet, so a command that requires one is refused. Any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "composable/abi/action.h"
#include "runtime/refusal.hpp"

namespace composable::host {

// Nothing, or why `actor` (empty: unknown) may not send a command that is declared with `access`,
// one of COMPOSABLE_ACCESS_*, and `role`.
inline std::optional<Refusal> check_access(std::uint32_t access, const std::string& role,
                                           std::string_view actor) {
  if (access == COMPOSABLE_ACCESS_ANYONE) return std::nullopt;
  if (actor.empty()) return unauthorized("Authentication is required");
  if (access == COMPOSABLE_ACCESS_USER) return std::nullopt;
  return forbidden("The role \"" + role + "\" is required");
}

}  // namespace composable::host
