// A MediaType is the parsed value of a Content-Type header (RFC 9110, 8.3). Any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace composable::host {

struct MediaType {
  std::string_view type;               // `application/json`, as written
  std::optional<std::string> charset;  // without quotes; the last, when two differ
  bool charset_is_clear = true;        // false: two that differ

  // nullopt for a value that breaks the grammar. Parameters other than charset are checked and
  // dropped.
  static std::optional<MediaType> parse(std::string_view text);
};

}  // namespace composable::host
