#include "runtime/json_text.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

std::string json(std::string_view text) {
  std::string out = "{";
  append_json_string(out, text);
  return out.substr(1);
}

TEST(JsonText, KeepsWhatJsonCanHold) {
  EXPECT_EQ(json(""), "\"\"");
  EXPECT_EQ(json("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80 </a>"),
            "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80 </a>\"");
}

TEST(JsonText, EscapesWhatItCannot) {
  EXPECT_EQ(json("a\"b\\c\nd\te\rf\x01\x7f"), R"("a\"b\\c\nd\te\rf\u0001\u007f")");
  EXPECT_EQ(json(std::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(json("\"\""), R"("\"\"")");
}

TEST(JsonText, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(json("gr\xc3\xbc\xc3\x9f\xff\xc3"), "\"gr\xc3\xbc\xc3\x9f\xef\xbf\xbd\xef\xbf\xbd\"");
  EXPECT_EQ(json("\xed\xa0\x80 end"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd end\"");
}

}  // namespace
}  // namespace composable::host
