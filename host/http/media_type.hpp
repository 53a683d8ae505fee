// A MediaType is the parsed value of a Content-Type header (RFC 9110, 8.3). Any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace composable::host {

struct MediaType {
  std::string_view type;               // `application/json`, as written
  std::optional<std::string> charset;  // without quotes; of two that differ the last
  bool charset_is_clear = true;        // false: two that differ

  // nullopt for what the grammar does not have. Parameters but charset are read and left out.
  static std::optional<MediaType> parse(std::string_view text);
};

}  // namespace composable::host
