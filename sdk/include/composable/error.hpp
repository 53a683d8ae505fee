// Filling and reading composable_error, the one error type of the SDK: what was wrong, at which
// place of the input, at which byte. On any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "composable/abi/status.h"

namespace composable {

inline constexpr std::uint32_t kNoOffset = 0xffffffff;

// A zeroed error, as a caller of the ABI must pass it.
inline composable_error no_error() {
  composable_error error{};
  error.struct_size = sizeof(error);
  error.offset = kNoOffset;
  return error;
}

// Texts that are too long are cut before a character that does not fit. `error` may be null.
void set_error(composable_error* error, std::string_view message, std::string_view path = {},
               std::uint32_t offset = kNoOffset);

// Puts `step` before the path: called on the way out of what the path leads into.
void prepend_path(composable_error* error, std::string_view step);

inline std::string_view message(const composable_error& error) {
  return {error.message, error.message_len};
}
inline std::string_view path(const composable_error& error) { return {error.path, error.path_len}; }

// "items[0].quantity: expected unsigned integer, found string "two" (byte 93)"
std::string describe(const composable_error& error);

}  // namespace composable
