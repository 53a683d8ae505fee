// These functions fill and read composable_error, the one error type of the SDK: what was wrong,
// at which place of the input (`items[0].quantity`), at which byte. Glue and codec use them; a
// plugin in C++ rarely needs them, since decide rejects and routes return BadRequest.
//
// An error belongs to the caller of the function that fills it. Its texts are UTF-8, cut at the
// bounds of abi/status.h (368 bytes, path 128), and must hold no secret. No function here allocates
// except describe(). Any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "composable/abi/status.h"

namespace composable {

inline constexpr std::uint32_t kNoOffset = 0xffffffff;

// Returns an empty error, as a caller of the ABI must pass it.
inline composable_error no_error() {
  composable_error error{};
  error.struct_size = sizeof(error);
  error.offset = kNoOffset;
  return error;
}

// Sets all three parts. `message` says what was expected and what was found; `path` is the place in
// the input, empty for the whole; `offset` is the byte in it. Texts that are too long are cut
// between two characters. `error` may be null: then nothing is written.
void set_error(composable_error* error, std::string_view message, std::string_view path = {},
               std::uint32_t offset = kNoOffset);

// Puts `step` (`quantity`, `[0]`) before the path, while the call returns from the inner value to
// the outer one. `error` may be null.
void prepend_path(composable_error* error, std::string_view step);

// Views of the texts; valid until the error is changed.
inline std::string_view message(const composable_error& error) {
  return {error.message, error.message_len};
}
inline std::string_view path(const composable_error& error) { return {error.path, error.path_len}; }

// "items[0].quantity: expected unsigned integer, found string "two" (byte 93)"
std::string describe(const composable_error& error);

}  // namespace composable
