// Percent-decoding (RFC 3986, 2.1) and the UTF-8 check that goes with it. Any thread.
#pragma once
#include <string>
#include <string_view>

namespace composable::host {

enum class PlusSign : bool { kLiteral, kSpace };  // in a query `+` stands for a space

// Appends the decoded text to `out`; false when a `%` is not followed by two hex digits.
bool percent_decode(std::string_view text, PlusSign plus, std::string& out);

// Whether `text` is UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// How many bytes the UTF-8 character at the front of `text` has; 0 when there is none.
std::size_t utf8_length(std::string_view text);

}  // namespace composable::host
