// assign puts a value into a field of the configuration, or says why it does not fit. load.cpp
// calls it for each layer. Pure; any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/json_document.hpp"
#include "config/schema.hpp"

namespace composable::host {

struct WrongValue {
  std::string place;  // below the setting: `[1]`, or nothing
  std::uint32_t line = 0;
  std::string text;  // `expected …, found …`
};

// Nothing is assigned when the answer is not empty.
std::vector<WrongValue> assign(const Setting& setting, const JsonNode& value, Config& config);

// Turns the text of a variable or a flag into the kind of value that the field takes.
JsonNode value_from_text(const Setting& setting, std::string_view text);

// The field's value, with secrets masked.
JsonNode shown_value(const Setting& setting, Config& config);

// What an error may show of a value: `an object`, `80800`, `"abc"`; of a secret, only its kind.
std::string found(const JsonNode& value, bool secret = false);

}  // namespace composable::host
