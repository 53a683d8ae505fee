// The kind of an action, declared in its struct: `static constexpr auto kind = …;`. Constants; read
// when the domain's tables are made.
//
//   composable::command().ws().for_role("admin")
//   composable::event().is_public()
//   composable::rejection(404, "NOT_FOUND", "order {order_id} does not exist")
//   composable::internal()
//
// Without a `kind`, an action with a decide overload is a command for anyone and not for sockets,
// one with an evolve overload is a private event.
#pragma once
#include <cstdint>
#include <string_view>

#include "composable/abi/action.h"

namespace composable {

// Whether the events of a domain are stored.
enum class Storage : std::uint8_t { kEphemeral, kDurable };
inline constexpr Storage ephemeral = Storage::kEphemeral;  // apply(event): gone at exit
inline constexpr Storage durable = Storage::kDurable;      // append(stream, event): in the log

// A request; goes to decide.
struct CommandKind {
  std::uint32_t access = COMPOSABLE_ACCESS_ANYONE;
  std::string_view role{};
  bool from_sockets = false;

  // Sockets may send it too.
  consteval CommandKind ws() const { return {access, role, true}; }
  // Only for logged-in users; others get 401. This host knows no users yet.
  consteval CommandKind for_users() const { return {COMPOSABLE_ACCESS_USER, {}, from_sockets}; }
  // Only for users with the role; other users get 403.
  consteval CommandKind for_role(std::string_view name) const {
    return {COMPOSABLE_ACCESS_ROLE, name, from_sockets};
  }
};

// A fact; goes to evolve and is broadcast, to sockets as far as it is visible: private, to none,
// unless it says otherwise. The name of its struct and its fields stand in the log for good.
struct EventKind {
  std::uint32_t visibility = COMPOSABLE_VISIBILITY_PRIVATE;
  std::string_view owner{};
  bool stateless = false;

  // To every socket that has not filtered it out.
  consteval EventKind is_public() const { return {COMPOSABLE_VISIBILITY_PUBLIC, {}, stateless}; }
  // For the user whose id is in the field `owner_field`; without one, for the caller. This host
  // knows no users on sockets yet: it sends such events to no socket.
  consteval EventKind for_user(std::string_view owner_field = {}) const {
    return {COMPOSABLE_VISIBILITY_USER, owner_field, stateless};
  }
  // Is only ever announced, so that no evolve overload is needed.
  consteval EventKind announced() const { return {visibility, owner, true}; }
};

// A refusal; sent to the caller only.
struct RejectionKind {
  std::uint32_t status;
  std::string_view code;
  std::string_view message;
  std::string_view path_field{};

  // The field that holds the place in the input, like items[0].quantity.
  consteval RejectionKind at(std::string_view field) const {
    return {status, code, message, field};
  }
};

// Internal to the domain; goes to decide.
struct InternalKind {};

// The input of a job that a reload may run again; other jobs declare nothing.
struct RestartableJobKind {};

consteval CommandKind command() { return {}; }
consteval EventKind event() { return {}; }
// `status` is 400 to 499; `code` is for programs, SCREAMING_SNAKE_CASE; `message` is for people,
// and {field} in it stands for a field of the struct. A secret field is left out.
consteval RejectionKind rejection(std::uint32_t status, std::string_view code,
                                  std::string_view message) {
  if (status < 400 || status > 499) throw "the status of a rejection is 400 to 499";
  return {status, code, message};
}
consteval InternalKind internal() { return {}; }
consteval RestartableJobKind restartable_job() { return {}; }

}  // namespace composable
