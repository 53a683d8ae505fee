// What the decoder says about its input: made only when there is something to refuse. Tokens are
// found backwards from where the reader stands, so that reading costs nothing for it.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "composable/schema.hpp"

namespace composable {

// "unsigned integer", "object with "A" or "B"".
std::string expectation(const Type& type);

// The byte where the token that ends before byte `end` begins.
std::size_t token_begin(std::string_view input, std::size_t end);

// That token for people, cut when it is long; of a secret its kind only.
std::string show_token(std::string_view input, std::size_t end, bool secret);

// That a string holds the control character `c`, and how JSON writes it.
std::string control_character(char c);

// The key that ends before byte `end`, as it was written, with its quotes.
std::string quoted_key(std::string_view input, std::size_t end);

}  // namespace composable
