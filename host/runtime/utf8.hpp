// Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. For complete texts;
// ws/utf8.hpp checks texts that arrive in pieces. Pure; any thread.
#pragma once
#include <cstddef>
#include <string_view>

namespace composable::host {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  // 0: none
};

// The one at the front of `text`.
CodePoint first_code_point(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace composable::host
