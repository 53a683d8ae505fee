// Checks of text that a person typed, for the rules of any domain. Pure; any thread.
#pragma once
#include <string_view>

namespace composable {

// Whether nothing of `text` would be seen: it is empty, or all of it is white space, control
// characters and characters that are shown as nothing at all, such as U+200B. `text` is UTF-8, as
// all texts of actions are.
bool is_blank(std::string_view text);

}  // namespace composable
