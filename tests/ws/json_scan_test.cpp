#include "ws/json_scan.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>

#include "ws/utf8.hpp"

namespace composable::host {
namespace {

bool good(std::string_view text) { return !check_json(text); }

constexpr unsigned kStrict = rapidjson::kParseValidateEncodingFlag |
                             rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag;

// Refuses strings that are no text: RapidJSON lets the second half of a surrogate pair stand alone.
struct TextHandler : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, TextHandler> {
  bool String(const char* text, rapidjson::SizeType size, bool) {
    Utf8Check check;
    return check.feed({text, size}) && check.whole();
  }
};

// RapidJSON's verdict, or none: it also refuses numbers that no double holds. It takes a NUL for
// the end of its input, so texts with one are told apart here: no JSON text has a raw NUL.
std::optional<bool> good_for_rapidjson(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;
  rapidjson::MemoryStream stream(text.data(), text.size());
  TextHandler handler;
  rapidjson::Reader reader;
  const auto result = reader.Parse<kStrict>(stream, handler);
  if (result.Code() == rapidjson::kParseErrorNumberTooBig) return std::nullopt;
  return !result.IsError();
}

std::size_t depth(std::string_view text) {
  std::size_t open = 0, most = 0;
  for (const char c : text) {
    if (c == '{' || c == '[') most = std::max(most, ++open);
    if ((c == '}' || c == ']') && open > 0) --open;
  }
  return most;
}

TEST(JsonScanTest, KnowsWhatIsWellFormed) {
  for (const char* text :
       {"null", " true ", "false", "0", "-0", "-12.5e+10", "1E5", "\"\"", "[]", "{}", "[1,2,[3]]",
        R"({"a":{"b":[null,"x"]},"c":""})", R"("\" \\ \/ \b \f \n \r \t \u00e9 \uD83D\uDE00")",
        "\t{ \"a\" : [ ] \r\n}"}) {
    EXPECT_TRUE(good(text)) << text;
  }
}

TEST(JsonScanTest, NamesThePlaceAndWhatWasExpected) {
  const struct {
    const char* text;
    std::size_t offset;
    const char* expected;
  } samples[] = {
      {"", 0, "a value"},
      {"  ", 2, "a value"},
      {"{", 1, "a name in quotes"},
      {"{\"a\"}", 4, "':' after a name"},
      {"{\"a\":}", 5, "a value"},
      {"{\"a\":1,}", 7, "a name in quotes"},
      {"{\"a\":1 \"b\"", 7, "',' or '}'"},
      {"[1,]", 3, "a value"},
      {"[1 2]", 3, "',' or ']'"},
      {"01", 1, "nothing after the value"},
      {"-", 1, "a digit"},
      {"1.", 2, "a digit"},
      {"1e", 2, "a digit"},
      {"+1", 0, "a value"},
      {"nul", 0, "a value"},
      {"\"a", 2, "'\"' at the end of a string"},
      {"\"a\nb\"", 2, "no control character in a string"},
      {"\"\\x\"", 1, "an escape that means a character"},
      {"\"\\u12G4\"", 1, "an escape that means a character"},
      {"\"\\uDC00\"", 1, "an escape that means a character"},
      {"\"\\uD800\"", 1, "an escape that means a character"},
      {"\"\\uD800\\u0041\"", 1, "an escape that means a character"},
      {"\"\xFF\"", 1, "a string in UTF-8"},
      {"\"\xE2\x82\"", 1, "a string in UTF-8"},
      {"{} {}", 3, "nothing after the value"},
      {"\xEF\xBB\xBF{}", 0, "a value"},
  };
  for (const auto& sample : samples) {
    const auto fault = check_json(sample.text);
    ASSERT_TRUE(fault) << sample.text;
    EXPECT_EQ(fault->offset, sample.offset) << sample.text;
    EXPECT_EQ(fault->expected, sample.expected) << sample.text;
  }
}

TEST(JsonScanTest, StopsAtTheDepthLimit) {
  const std::string deep(kMaxJsonDepth, '[');
  EXPECT_TRUE(good(deep + std::string(kMaxJsonDepth, ']')));
  const auto fault = check_json('[' + deep + std::string(kMaxJsonDepth + 1, ']'));
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->expected, "at most 64 levels");
  EXPECT_TRUE(check_json(std::string(1'000'000, '[')));
}

TEST(JsonScanTest, RefusesEveryTruncation) {
  const std::string text = R"({"type":"command","action":{"PlaceOrder":{"n":-1.5e3,"s":"é\n"}}})";
  ASSERT_TRUE(good(text));
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(good(std::string_view(text).substr(0, size))) << size;
  }
}

TEST(JsonScanTest, SlicesMembersAndElements) {
  const auto members =
      json_members(R"({ "a" : 1 , "\u0062": "}\"]" ,"c":[1, {"x":[]} ], "d":{} ,"e" : null})");
  ASSERT_EQ(members.size(), 5u);
  EXPECT_EQ(members[0].name, "a");
  EXPECT_EQ(members[0].value, "1");
  EXPECT_EQ(members[1].name, "b");
  EXPECT_EQ(members[1].value, R"("}\"]")");
  EXPECT_EQ(members[2].value, R"([1, {"x":[]} ])");
  EXPECT_EQ(members[3].value, "{}");
  EXPECT_EQ(members[4].value, "null");
  const auto elements = json_elements(R"([ "a,b" , -1 ,[],{"k":"]"}])");
  ASSERT_EQ(elements.size(), 4u);
  EXPECT_EQ(elements[0], R"("a,b")");
  EXPECT_EQ(elements[1], "-1");
  EXPECT_EQ(elements[3], R"({"k":"]"})");
  EXPECT_TRUE(json_members("{ }").empty());
  EXPECT_TRUE(json_elements("[]").empty());
}

TEST(JsonScanTest, SaysWhatItFound) {
  EXPECT_EQ(found_at("ab", 1), "found 'b'");
  EXPECT_EQ(found_at("a\n", 1), "found byte 0x0A");
  EXPECT_EQ(found_at("a", 1), "found the end");
}

// Texts near to JSON: good ones, damaged.
std::string random_text(std::mt19937_64& random) {
  static const std::string kSeeds[] = {
      R"({"type":"command","action":{"PlaceOrder":{"customer_id":"c","items":[{"q":1}]}}})",
      R"([1,-2.5e10,true,false,null,"\u00e9\uD83D\uDE00\n",{"a":[[]],"b":{}}])",
      "\"h\xC3\xA9llo \xE2\x82\xAC \xF0\x9F\x98\x80\"", R"(  {"a" : {"b" : [ ] } }  )", "-0.0E-1"};
  static const std::string kBytes =
      "{}[]\",:\\u0123456789abDCdeE+-. truefalsn\n\t/\xC3\xA9\xED\xA0\x80";
  std::string text = kSeeds[random() % std::size(kSeeds)];
  for (std::size_t edits = random() % 4; edits-- > 0;) {
    const std::size_t at = random() % (text.size() + 1);
    const char byte =
        random() % 8 == 0 ? static_cast<char>(random()) : kBytes[random() % kBytes.size()];
    switch (random() % 3) {
      case 0:
        text.insert(at, 1, byte);
        break;
      case 1:
        if (at < text.size()) text.erase(at, 1);
        break;
      default:
        if (at < text.size()) text[at] = byte;
    }
    if (text.empty()) text = "0";
  }
  return text;
}

TEST(JsonScanTest, AgreesWithRapidJsonOnDamagedTexts) {
  std::mt19937_64 random(7);
  int goods = 0;
  for (int i = 0; i < 300'000; ++i) {
    const std::string text = random_text(random);
    const std::optional<bool> oracle = good_for_rapidjson(text);
    if (!oracle || depth(text) > kMaxJsonDepth) continue;
    ASSERT_EQ(good(text), *oracle) << ::testing::PrintToString(text);
    goods += good(text) ? 1 : 0;
  }
  EXPECT_GT(goods, 10'000);
}

TEST(JsonScanTest, DecodesStringsAsRapidJsonDoes) {
  std::mt19937_64 random(11);
  static const std::string kParts[] = {
      "a",       "\\n",     "\\\"",     "\\\\",    "\\/",
      "\\b",     "\\f",     "\\t",      "\\r",     "\\uD83D\\uDE00",
      "\\u00e9", "\\u20AC", "\xC3\xA9", "\\u0041", " "};
  for (int i = 0; i < 5'000; ++i) {
    std::string text = "\"";
    for (std::size_t n = random() % 8; n-- > 0;) text += kParts[random() % std::size(kParts)];
    text += '"';
    rapidjson::Document document;
    document.Parse(text.c_str());
    ASSERT_FALSE(document.HasParseError());
    EXPECT_EQ(decode_json_string(text),
              std::string(document.GetString(), document.GetStringLength()));
  }
}

}  // namespace
}  // namespace composable::host
