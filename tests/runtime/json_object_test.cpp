#include "runtime/json_object.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

TEST(JsonObject, HasItsMembersInTheOrderOfTheCalls) {
  EXPECT_EQ(JsonObject().end(), "{}");
  EXPECT_EQ(JsonObject()
                .text("name", "a \"b\"\n")
                .number("count", 18'446'744'073'709'551'615u)
                .flag("ok", false)
                .raw("list", json_list({"1", "{}"}))
                .end(),
            R"({"name":"a \"b\"\n","count":18446744073709551615,"ok":false,"list":[1,{}]})");
}

TEST(JsonObject, TakesTheMembersOfOthers) {
  const auto with = [](std::string_view object) {
    return JsonObject().flag("ok", true).members_of(object).number("n", 1).end();
  };
  EXPECT_EQ(with(R"({"a":"x","b":[2]})"), R"({"ok":true,"a":"x","b":[2],"n":1})");
  EXPECT_EQ(with("{}"), R"({"ok":true,"n":1})");
  EXPECT_EQ(with(""), R"({"ok":true,"n":1})");
  EXPECT_EQ(JsonObject().members_of(R"({"a":1})").end(), R"({"a":1})");
}

TEST(JsonObject, ListsMayBeEmpty) { EXPECT_EQ(json_list({}), "[]"); }

TEST(JsonObject, ListsWriteTheirItems) {
  const auto quoted = [](std::string_view text) { return json_text(text); };
  EXPECT_EQ(json_list(std::vector<std::string_view>{"a", "b\n"}, quoted), R"(["a","b\n"])");
}

}  // namespace
}  // namespace composable::host
