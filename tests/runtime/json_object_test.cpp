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

TEST(JsonObject, ListsMayBeEmpty) { EXPECT_EQ(json_list({}), "[]"); }

}  // namespace
}  // namespace composable::host
