// Percent-decoding (RFC 3986, 2.1). Any thread.
#pragma once
#include <string>
#include <string_view>

namespace composable::host {

enum class PlusSign : bool { kLiteral, kSpace };  // in a query `+` stands for a space

// Appends the decoded text to `out`; false when a `%` is not followed by two hex digits.
bool percent_decode(std::string_view text, PlusSign plus, std::string& out);

}  // namespace composable::host
