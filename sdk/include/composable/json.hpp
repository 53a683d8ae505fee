// JSON to objects and back, by the tables of schema.hpp. Used by the thunks of every plugin and
// by tests; no state, on any thread.
//
// On the wire: a struct is an object, an enumerator its name in lower_snake_case without the k, a
// variant {"<TypeName>": …}, an empty struct {} (also null), an optional may be absent or null, a
// Timestamp is RFC 3339 text. Integers are exact; NaN and infinities have no form. Objects nest at
// most 64 deep, text is valid UTF-8.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "composable/abi/bytes.h"
#include "composable/error.hpp"
#include "composable/schema.hpp"

namespace composable {

inline constexpr std::size_t kMaxJsonDepth = 64;

struct DecodeOptions {
  bool refuse_unknown = true;  // else a field that the type does not have is skipped
  bool refuse_missing = true;  // else a field that is not there keeps its default
  std::uint64_t given = 0;     // fields of the outermost struct that are set already: the input
                               // must not have them
};
inline constexpr DecodeOptions kWire{};
inline constexpr DecodeOptions kStored{.refuse_unknown = false, .refuse_missing = false};
inline constexpr DecodeOptions kConfig{.refuse_missing = false};

// Reads `json` into `object`, a freshly made object of type `type`. On false `error` (may be null)
// says what and where, and `object` is in part overwritten.
bool decode(const Type& type, void* object, std::string_view json, const DecodeOptions& options,
            composable_error* error);

// Reads the text of a path parameter or header into a scalar: a string as it is, else as JSON.
bool decode_text(const Type& type, void* object, std::string_view text, composable_error* error);

// Writes `object` to `out`. COMPOSABLE_E_INVALID when it holds what has no form, or the status that
// `out` returned.
composable_status encode(const Type& type, const void* object, const composable_writer& out,
                         composable_error* error);

// Appends `object` to `out`; false as above.
bool encode(const Type& type, const void* object, std::string& out, composable_error* error);

// A writer that appends to `out`, which must outlive it.
composable_writer append_to(std::string& out);

template <class T>
bool decode(std::string_view json, T& out, const DecodeOptions& options = kWire,
            composable_error* error = nullptr) {
  return decode(type_of<T>(), &out, json, options, error);
}

// The JSON of a value that is known to have one; empty when it has not.
template <class T>
std::string to_json(const T& value) {
  std::string out;
  if (!encode(type_of<T>(), &value, out, nullptr)) out.clear();
  return out;
}

}  // namespace composable
