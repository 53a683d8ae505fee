// The codec: what is read and written, and the words of every refusal.
#include "composable/json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "sample_types.hpp"

namespace {

using composable::decode;
using composable::DecodeOptions;
using composable::describe;
using composable::kStored;
using composable::kWire;
using composable::to_json;

// What decode says of `json` as a T; empty when it reads.
template <class T>
std::string refusal(std::string_view json, const DecodeOptions& options = kWire) {
  T value{};
  composable_error error = composable::no_error();
  return decode(json, value, options, &error) ? "" : describe(error);
}

template <class T>
T read(std::string_view json, const DecodeOptions& options = kWire) {
  T value{};
  composable_error error = composable::no_error();
  EXPECT_TRUE(decode(json, value, options, &error)) << describe(error);
  return value;
}

constexpr std::string_view kEverything =
    R"({"numbers":{"i8":-128,"u8":255,"i16":-32768,"u16":65535,"i32":-2147483648,)"
    R"("u32":4294967295,"i64":-9223372036854775808,"u64":18446744073709551615,"real":0.1,)"
    R"("flag":true},"status":"in_transit","wide":"high","tags":{"a":"b"},"note":"n",)"
    R"("extra":{"sku":"s","quantity":2},"choice":{"Item":{"sku":"c","quantity":3}},"by":9,)"
    R"("password":"p","tokens":["t"],"price":12,"at":"2026-11-20T12:04:31.120Z",)"
    R"("any":{"x":[1,null,"z"]},"class":"k"})";

TEST(Json, OneOfEverythingReadsAndWritesBackTheSame) {
  EXPECT_EQ(to_json(read<sample::Everything>(kEverything)), kEverything);
}

TEST(Json, OptionalFieldsMayBeAbsentOrNull) {
  const auto item = R"({"sku":"a","quantity":1})";
  EXPECT_EQ(to_json(read<sample::Item>(item)), item);
  std::string text(kEverything);
  text.replace(text.find(R"("note":"n",)"), 11, R"("note":null,)");
  const auto value = read<sample::Everything>(text);
  EXPECT_FALSE(value.note.has_value());
  EXPECT_EQ(to_json(value).find("note"), std::string::npos);
}

TEST(Json, AnAbsentFieldWithADefaultHasIt) {
  std::string text(kEverything);
  text.erase(text.find(R"("by":9,)"), 7);
  EXPECT_EQ(read<sample::Everything>(text).by, 7);
}

TEST(Json, AnEmptyStructIsAnEmptyObjectNullOrItsName) {
  EXPECT_EQ(to_json(sample::Tick{}), "{}");
  EXPECT_EQ(refusal<sample::Tick>("null"), "");
  using Choice = std::variant<sample::Tick, sample::Item>;
  EXPECT_EQ(read<Choice>(R"("Tick")").index(), 0u);
  EXPECT_EQ(read<Choice>(R"({"Tick":null})").index(), 0u);
  EXPECT_EQ(read<Choice>(R"({"Tick":{}})").index(), 0u);
}

TEST(Json, IntegersAreExact) {
  EXPECT_EQ(read<std::uint64_t>("18446744073709551615"), ~std::uint64_t{0});
  EXPECT_EQ(read<std::int64_t>("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(to_json(std::int64_t{9007199254740993}), "9007199254740993");
}

TEST(Json, DoublesReadBackToTheSameBits) {
  for (const double number :
       {0.1, 0.0, -0.0, 123456789.123456789, 1e300, 5e-324, 1.7976931348623157e308, 1.0 / 3}) {
    const auto back = read<double>(to_json(number));
    EXPECT_EQ(std::signbit(back), std::signbit(number));
    EXPECT_EQ(back, number);
  }
  EXPECT_EQ(read<double>("0.0e5"), 0.0);
}

TEST(Json, NumbersThatAreNotFiniteAreNotWritten) {
  std::string out;
  composable_error error = composable::no_error();
  sample::Numbers numbers;
  numbers.real = std::nan("");
  EXPECT_FALSE(encode(composable::type_of<sample::Numbers>(), &numbers, out, &error));
  EXPECT_EQ(describe(error), "real: not a finite number");
}

TEST(Json, TextThatIsNotUtf8IsNotWritten) {
  std::string out;
  composable_error error = composable::no_error();
  const sample::Order order{"c", {{"ok", 1}, {"\xff", 1}}};
  EXPECT_FALSE(encode(composable::type_of<sample::Order>(), &order, out, &error));
  EXPECT_EQ(describe(error), "items[1].sku: not valid UTF-8");
}

TEST(Json, EveryControlCharacterIsEscaped) {
  std::string all;
  for (int c = 0; c < 0x20; ++c) all += static_cast<char>(c);
  all += "\"\\/\x7f€🙂";
  const std::string json = to_json(all);
  EXPECT_EQ(read<std::string>(json), all);
  EXPECT_EQ(json.find('\n'), std::string::npos);
}

TEST(Json, ALongTextPassesTheWritersBuffer) {
  const std::string text(5000, 'x');
  EXPECT_EQ(to_json(sample::Item{text, 1}), R"({"sku":")" + text + R"(","quantity":1})");
}

TEST(Json, StoredJsonMayHaveOtherFields) {
  const auto item =
      read<sample::Item>(R"({"sku":"a","old":{"deep":[1,{"sku":2}]},"gone":null})", kStored);
  EXPECT_EQ(item.sku, "a");
  EXPECT_EQ(item.quantity, 1u);
}

TEST(Json, StoredJsonIsStillOfItsTypes) {
  EXPECT_EQ(refusal<sample::Item>(R"({"sku":1})", kStored),
            "sku: expected string, found 1 (byte 7)");
}

TEST(Json, AFieldThatIsGivenMustNotBeInTheInput) {
  DecodeOptions options = kWire;
  options.given = 1;
  EXPECT_EQ(refusal<sample::Item>(R"({"quantity":2})", options), "");
  EXPECT_EQ(refusal<sample::Item>(R"({"sku":"x","quantity":2})", options),
            "field \"sku\" is set by the request already (byte 1)");
}

// --- the words
// ------------------------------------------------------------------------------------

TEST(JsonErrors, NameThePlaceAndWhatWasFound) {
  using sample::Order;
  EXPECT_EQ(refusal<Order>(R"({"customer_id":"c","items":[{"sku":"a","quantity":"two"}]})"),
            "items[0].quantity: expected unsigned integer, found string \"two\" (byte 50)");
  EXPECT_EQ(refusal<Order>(R"({"customer_id":"c","items":[{"sku":"a","quantity":4294967296}]})"),
            "items[0].quantity: expected unsigned integer in range, found 4294967296 (byte 50)");
  EXPECT_EQ(refusal<Order>(R"({"customer_id":"c","itmes":[]})"),
            "unknown field \"itmes\" (did you mean \"items\"?) (byte 19)");
  EXPECT_EQ(refusal<Order>(R"({"customer_id":"c","nothing_like_it":[]})"),
            "unknown field \"nothing_like_it\" (byte 19)");
  EXPECT_EQ(refusal<Order>(R"({"customer_id":"c","items":[{"sku":"a"}]})"),
            "items[0].quantity: missing field \"quantity\" (byte 38)");
  EXPECT_EQ(refusal<Order>(R"({"customer_id":"c","customer_id":"d"})"),
            "customer_id: duplicate field (byte 19)");
  EXPECT_EQ(refusal<Order>(R"({"customer_id":null})"),
            "customer_id: expected string, found null (byte 15)");
  EXPECT_EQ(refusal<Order>(R"({"items":{}})"), "items: expected array, found object (byte 9)");
  EXPECT_EQ(refusal<Order>("[]"), "expected object, found array (byte 0)");
}

TEST(JsonErrors, SayWhichNumbersDoNotFit) {
  EXPECT_EQ(refusal<sample::Item>(R"({"sku":"a","quantity":-1})"),
            "quantity: expected unsigned integer in range, found -1 (byte 22)");
  EXPECT_EQ(refusal<std::uint64_t>("18446744073709551616"),
            "expected unsigned integer in range, found 18446744073709551616 (byte 0)");
  EXPECT_EQ(refusal<std::int8_t>("128"), "expected integer in range, found 128 (byte 0)");
  EXPECT_EQ(refusal<std::int64_t>("1.5"), "expected integer, found 1.5 (byte 0)");
  EXPECT_EQ(refusal<std::int64_t>("1e3"), "expected integer, found 1e3 (byte 0)");
  EXPECT_EQ(refusal<double>("1e999"), "the number is too large for a double (byte 0)");
}

// RapidJSON's own conversion reads outside its tables for some of these.
TEST(Json, ReadsAVerySmallNumberAsZero) {
  for (const std::size_t zeros : {330u, 700u, 5000u}) {
    const std::string small = "0." + std::string(zeros, '0') + "1";
    EXPECT_EQ(read<double>(small), 0.0);
    EXPECT_TRUE(std::signbit(read<double>("-" + small)));
    EXPECT_EQ(refusal<int>(small), "expected integer, found " + small.substr(0, 40) + "… (byte 0)");
  }
  EXPECT_EQ(read<double>("1e-2147483648"), 0.0);
  EXPECT_EQ(read<double>("0.0000000001e-2147483639"), 0.0);
  EXPECT_EQ(read<double>(std::string(300, '1') + "e-640"), 0.0);
}

TEST(Json, CutsALongNameBetweenTwoCharacters) {
  std::string name = "a";
  for (int i = 0; i < 60; ++i) name += "é";
  std::string shown = name.substr(0, 63);
  EXPECT_EQ(refusal<sample::Numbers>("{\"" + name + "\":1}"),
            "unknown field \"" + shown + "\" (byte 1)");
}

TEST(Json, RefusesANumberTooLargeForADouble) {
  EXPECT_EQ(refusal<double>("1.8e308"), "the number is too large for a double (byte 0)");
  EXPECT_EQ(refusal<double>("0.0001234567e314"), "the number is too large for a double (byte 0)");
  EXPECT_EQ(refusal<double>(std::string(310, '9')),
            "the number is too large for a double (byte 0)");
}

TEST(JsonErrors, NameKeysOfMaps) {
  using Map = std::map<std::string, std::string>;
  EXPECT_EQ(refusal<Map>(R"({"src":1})"), "[\"src\"]: expected string, found 1 (byte 7)");
  EXPECT_EQ(refusal<Map>(R"({"a\"b":"x","a\"b":"y"})"), "[\"a\\\"b\"]: duplicate key (byte 12)");
}

TEST(JsonErrors, ListWhatAnEnumerationMayBe) {
  EXPECT_EQ(refusal<sample::Status>(R"("placde")"),
            "expected \"placed\", \"in_transit\" or \"http_error\", found string \"placde\" "
            "(did you mean \"placed\"?) (byte 0)");
  EXPECT_EQ(refusal<sample::Status>("1"),
            "expected \"placed\", \"in_transit\" or \"http_error\", found 1 (byte 0)");
}

TEST(JsonErrors, SuggestAnAlternative) {
  using Choice = std::variant<sample::Tick, sample::Item>;
  EXPECT_EQ(refusal<Choice>(R"({"Itme":{}})"),
            "unknown alternative \"Itme\" (did you mean \"Item\"?) (byte 1)");
  EXPECT_EQ(refusal<Choice>(R"({"Tick":{},"Item":{}})"),
            "expected one alternative, found another: \"Item\" (byte 11)");
  EXPECT_EQ(refusal<Choice>("{}"),
            "expected object with \"Tick\" or \"Item\", found an empty object (byte 1)");
}

TEST(JsonErrors, NeverShowASecret) {
  std::string text(kEverything);
  text.replace(text.find(R"("password":"p")"), 14, R"("password":4711)");
  EXPECT_EQ(refusal<sample::Everything>(text).find("4711"), std::string::npos);
  text = kEverything;
  text.replace(text.find(R"(["t"])"), 5, R"([4711])");
  EXPECT_EQ(refusal<sample::Everything>(text).find("4711"), std::string::npos);
}

TEST(JsonErrors, CutWhatIsLong) {
  const std::string text = R"({"sku":"a","quantity":")" + std::string(500, 'x') + "\"}";
  EXPECT_EQ(refusal<sample::Item>(text), "quantity: expected unsigned integer, found string \"" +
                                             std::string(39, 'x') + "…\" (byte 22)");
}

TEST(JsonErrors, SayWhatIsNotJson) {
  using sample::Order;
  EXPECT_EQ(refusal<Order>(""), "expected JSON, found nothing (byte 0)");
  EXPECT_EQ(refusal<Order>("hello"), "not valid JSON: expected a value (byte 0)");
  EXPECT_EQ(refusal<sample::Tick>("{} x"), "not valid JSON: something follows the value (byte 3)");
  EXPECT_EQ(refusal<sample::Tick>(std::string_view("{}\0{}", 5)),
            "not valid JSON: something follows the value (byte 2)");
  EXPECT_EQ(refusal<Order>(R"({"items":[{"sku":"a","quantity":1)"),
            "items[0].quantity: not valid JSON: expected , or } after a field (byte 33)");
}

TEST(JsonErrors, SayWhichControlCharacterIsInAString) {
  const auto said = [](std::string_view bytes) {
    return refusal<sample::Item>("{\"sku\":\"a" + std::string(bytes) + "\"}");
  };
  const std::string_view begin = "sku: not valid JSON: the control character 0x";
  EXPECT_EQ(said("\n"), std::string(begin) + "0A in a string; write it as \\n (byte 9)");
  EXPECT_EQ(said("\t"), std::string(begin) + "09 in a string; write it as \\t (byte 9)");
  EXPECT_EQ(said("\r"), std::string(begin) + "0D in a string; write it as \\r (byte 9)");
  EXPECT_EQ(said("\x1f"), std::string(begin) + "1F in a string; write it as \\u001F (byte 9)");
  EXPECT_EQ(said(std::string_view("\0", 1)),
            std::string(begin) + "00 in a string; write it as \\u0000 (byte 9)");
  EXPECT_EQ(said("\\q"), "sku: not valid JSON: unknown escape in a string (byte 9)");
  EXPECT_EQ(refusal<sample::Item>("{\"sku\":\"a"),
            "sku: not valid JSON: a string does not end (byte 9)");
}

TEST(JsonErrors, RefuseTextThatIsNotUtf8) {
  EXPECT_EQ(refusal<std::string>("\"caf\xe9\""), "not valid UTF-8 (byte 0)");
  EXPECT_EQ(refusal<std::string>(R"("\udc00")"), "not valid UTF-8 (byte 0)");
  EXPECT_EQ(refusal<std::string>("\"\xed\xa0\x80\""), "not valid UTF-8 (byte 0)");
  EXPECT_EQ(refusal<std::string>("\"\xc0\xaf\""), "not valid UTF-8 (byte 0)");
  EXPECT_EQ(refusal<sample::Item>("{\"sk\xff\":1}"), "not valid UTF-8 (byte 1)");
}

TEST(JsonErrors, BoundTheDepth) {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += R"({"name":"n","children":[)";
  EXPECT_NE(refusal<sample::Node>(deep).find("nested deeper than 64"), std::string::npos);
  EXPECT_EQ(refusal<composable::Json>(std::string(20000, '[')), "nested deeper than 64 (byte 64)");
  EXPECT_EQ(refusal<sample::Item>("{\"x\":" + std::string(20000, '['), kStored),
            "nested deeper than 64 (byte 68)");
}

// --- mutations
// ------------------------------------------------------------------------------------

TEST(JsonFuzz, AMutatedCommandIsRefusedOrReadsBackTheSame) {
  std::mt19937_64 random(20261120);
  const std::string_view kBytes = "{}[]\",:0123456789-+.eE\\utrufalsn \x80\xff\xc3\xa9";
  int accepted = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string text(kEverything);
    for (std::uint64_t edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 8);
          break;
        case 2:
          text.insert(at, 1, kBytes[random() % kBytes.size()]);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 16));
      }
      if (text.empty()) text = " ";
    }
    sample::Everything value;
    composable_error error = composable::no_error();
    if (!decode(text, value, random() % 2 == 0 ? kWire : kStored, &error)) {
      ASSERT_GT(error.message_len, 0u) << text;
      continue;
    }
    ++accepted;
    const std::string once = to_json(value);
    ASSERT_EQ(to_json(read<sample::Everything>(once)), once) << text;
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
