#include "config/json_document.hpp"

#include <gtest/gtest.h>

#include <string>

namespace composable::host {
namespace {

std::string refusal(std::string_view text) {
  return std::string(parse_json_document(text).status().message());
}

TEST(JsonDocument, EveryValueKnowsItsLine) {
  const auto document = parse_json_document(
      "// listens\n"
      "{\n"
      "  \"a\": 1, /* two\n"
      "  lines */ \"b\": [true,\n"
      "    \"x\"],\n"
      "  \"c\":\n"
      "    {\"d\": null,},\n"
      "}\n");
  ASSERT_TRUE(document.ok()) << document.status();
  const auto& members = document->members;
  ASSERT_EQ(members.size(), 3u);
  EXPECT_EQ(document->line, 2u);
  EXPECT_EQ(members[0].value.line, 3u);
  EXPECT_EQ(members[1].value.items[0].line, 4u);
  EXPECT_EQ(members[1].value.items[1].line, 5u);
  EXPECT_EQ(members[2].line, 6u);
  EXPECT_EQ(members[2].value.line, 7u);
  EXPECT_EQ(to_json(*document), R"({"a":1,"b":[true,"x"],"c":{"d":null}})");
}

TEST(JsonDocument, NumbersAndTextsComeBackAsTheyWere) {
  const std::string text = R"({"n":[18446744073709551616,-0.10,1e30],"s":"a\"\\\n\u0001 ü 🚀"})";
  EXPECT_EQ(to_json(*parse_json_document(text)), text);
}

TEST(JsonDocument, RefusalsNameTheLineAndShowNothingOfTheText) {
  EXPECT_EQ(refusal(""), "not readable as JSON, the document is empty (line 1)");
  EXPECT_EQ(refusal("{\n\"a\": 1\n\"hunter2\": 2}"),
            "not readable as JSON, missing a comma or '}' after an object member (line 3)");
  EXPECT_EQ(refusal("{\n\n\"a\": hunter2}"), "not readable as JSON, invalid value (line 3)");
  EXPECT_EQ(
      refusal("{}\n{}"),
      "not readable as JSON, the document root must not be followed by other values (line 2)");
  EXPECT_EQ(refusal("{\"a\": \"\xff\"}"),
            "not readable as JSON, invalid encoding in string (line 1)");
  EXPECT_EQ(refusal(std::string_view("{}\n\0{", 5)),
            "not readable as JSON, found a NUL byte (line 2)");
}

TEST(JsonDocument, DepthAndSizeAreBounded) {
  EXPECT_TRUE(parse_json_document(std::string(64, '[') + std::string(64, ']')).ok());
  EXPECT_EQ(refusal(std::string(65, '[') + std::string(65, ']')),
            "not readable as JSON, more than 64 levels deep (line 1)");
  EXPECT_EQ(refusal(std::string(100'000, '[')),
            "not readable as JSON, more than 64 levels deep (line 1)");
  EXPECT_EQ(refusal(std::string(1024 * 1024 + 1, ' ')),
            "expected at most 1048576 bytes, found 1048577");
}

TEST(JsonDocument, AByteOrderMarkIsSkipped) {
  EXPECT_TRUE(parse_json_document("\xef\xbb\xbf{}").ok());
}

}  // namespace
}  // namespace composable::host
