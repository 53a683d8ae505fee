// settings() lists the settings: for each field of Config its names in the file, the environment
// and the command line, and what it may hold. The loader, `composable config` and the test of
// docs/configuration.md read it. Constant; any thread.
#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.hpp"

namespace composable::host {

using Field = std::variant<bool*, std::uint64_t*, std::string*, std::vector<std::string>*>;

struct Setting {
  // Whether the value is a secret, and whether it is a path, which is relative to the file.
  enum class Role : std::uint8_t { kPlain, kPath, kSecretUrl };
  // Returns what was expected, or nothing when the value is good.
  using Check = std::string (*)(std::string_view value);

  std::string_view key;  // dotted, as in the file
  Field (*field)(Config&);
  std::string_view help;
  std::string_view unit = {};  // of a number
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  Check check = nullptr;  // of a text, or of each text of a list
  Role role = Role::kPlain;
  std::string_view flag = {};
  std::string_view environment = {};
  char separator = ',';  // of a list in the environment
};

std::span<const Setting> settings();

// Null: there is none of that key.
const Setting* find_setting(std::string_view key);

// The kind of value, for errors and documentation: `unsigned integer in range 0..65535`, `true or
// false`, `text`, `list of texts`.
std::string type_name(const Setting& setting);

}  // namespace composable::host
