// Percent-decoding (RFC 3986, 2.1). Any thread.
#pragma once
#include <string>
#include <string_view>

namespace composable::host {

enum class PlusSign : bool { kLiteral, kSpace };  // in a query `+` stands for a space

bool is_unreserved(char c);             // RFC 3986, 2.3: needs no escape anywhere
bool is_escape(std::string_view text);  // whether it begins with `%` and two hex digits

// Appends `text` to `out`, with no escape of an unreserved character: %63 becomes c, %2F stays.
void decode_unreserved(std::string_view text, std::string& out);

// Appends the decoded text to `out`; false when a `%` is not followed by two hex digits.
bool percent_decode(std::string_view text, PlusSign plus, std::string& out);

}  // namespace composable::host
