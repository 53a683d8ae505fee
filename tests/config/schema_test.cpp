#include "config/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "config/assign.hpp"
#include "config/load.hpp"

namespace composable::host {
namespace {

std::string code(std::string_view text) {
  return text.empty() ? "" : "`" + std::string(text) + "`";
}

// The line that the page must have.
std::string documented(const Setting& setting, const std::string& default_value) {
  std::string type = type_name(setting);
  if (!setting.unit.empty()) type += ", " + std::string(setting.unit);
  return "| " + code(setting.key) + " | " + type + " | " + code(default_value) + " | " +
         code(setting.environment) + " | " + code(setting.flag) + " | " +
         std::string(setting.help) + " |";
}

std::vector<std::string> documented_settings() {
  const LoadedConfig defaults = load_config({.program = "<prefix>/bin/composable"});
  std::vector<std::string> rows;
  for (const ShownSetting& shown : shown_settings(defaults)) {
    rows.push_back(documented(*find_setting(shown.key), shown.value));
  }
  return rows;
}

// The lines of the page between its two marks.
std::vector<std::string> rows_of_the_page() {
  std::ifstream page(COMPOSABLE_CONFIGURATION_PAGE);
  std::vector<std::string> rows;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "<!-- settings end -->") inside = false;
    if (inside) rows.push_back(line);
    if (line == "|---|---|---|---|---|---|") inside = true;
  }
  return rows;
}

TEST(Schema, ThePageNamesEverySettingAndNothingElse) {
  EXPECT_THAT(rows_of_the_page(), testing::ElementsAreArray(documented_settings()));
}

TEST(Schema, KeysAreDistinctAndNoSectionIsASetting) {
  std::set<std::string> keys;
  for (const Setting& setting : settings()) {
    EXPECT_TRUE(keys.insert(std::string(setting.key)).second) << setting.key;
  }
  for (const std::string& key : keys) {
    EXPECT_EQ(keys.count(key.substr(0, key.find('.')) + (key.find('.') < key.size() ? "" : ".")),
              0u)
        << key;
  }
}

TEST(Schema, EachKeyHasItsOwnField) {
  Config config;
  std::set<const void*> fields;
  for (const Setting& setting : settings()) {
    const void* field =
        std::visit([](auto* pointer) -> const void* { return pointer; }, setting.field(config));
    EXPECT_TRUE(fields.insert(field).second) << setting.key;
  }
}

TEST(Schema, EveryDefaultIsAValueThatTheFileMayHold) {
  Config config;
  config.plugins.dirs = {"/usr/lib/composable/plugins"};
  for (const Setting& setting : settings()) {
    EXPECT_TRUE(assign(setting, shown_value(setting, config), config).empty()) << setting.key;
  }
}

}  // namespace
}  // namespace composable::host
