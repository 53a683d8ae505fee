#include "verify/json_generator.hpp"

#include <gmock/gmock.h>

#include <set>

namespace composable::host {
namespace {

using testing::Contains;

composable_str text(const char* literal) {
  return {literal, std::char_traits<char>::length(literal)};
}

// {"<name>": type}
struct OneField {
  OneField(const char* name, const composable_type& type, std::uint32_t flags = 0)
      : field{sizeof field, flags, text(name), &type} {
    object.struct_size = sizeof object;
    object.kind = COMPOSABLE_KIND_OBJECT;
    object.n_fields = 1;
    object.fields = fields;
  }

  composable_field field;
  const composable_field* const fields[1] = {&field};
  composable_type object{};
};

composable_type of_kind(std::uint32_t kind, std::uint32_t bits = 0) {
  composable_type type{};
  type.struct_size = sizeof type;
  type.kind = kind;
  type.bits = bits;
  return type;
}

std::set<std::string> many(JsonGenerator& payloads, const composable_type& type) {
  std::set<std::string> made;
  for (int i = 0; i < 300; ++i) made.insert(payloads.payload(type));
  return made;
}

TEST(JsonGenerator, NumbersReachBothEndsOfTheirRange) {
  const composable_type int8 = of_kind(COMPOSABLE_KIND_INT, 8);
  const OneField a("a", int8);
  JsonGenerator payloads(1);
  const auto made = many(payloads, a.object);
  EXPECT_THAT(made, Contains(R"({"a":127})"));
  EXPECT_THAT(made, Contains(R"({"a":-128})"));
  EXPECT_EQ(made.count(R"({"a":128})"), 0u);
  const composable_type uint64 = of_kind(COMPOSABLE_KIND_UINT, 64);
  const OneField b("b", uint64);
  EXPECT_THAT(many(payloads, b.object), Contains(R"({"b":18446744073709551615})"));
}

TEST(JsonGenerator, WhatMayBeLeftOutOrNullSometimesIs) {
  const composable_type null = of_kind(COMPOSABLE_KIND_NULL);
  const OneField a("a", null, COMPOSABLE_FIELD_OPTIONAL);
  JsonGenerator payloads(1);
  EXPECT_THAT(many(payloads, a.object), testing::UnorderedElementsAre("{}", R"({"a":null})"));
  EXPECT_EQ(payloads.payload(a.object, {"a"}), "{}");
}

TEST(JsonGenerator, ARecursiveTypeEnds) {
  composable_type list = of_kind(COMPOSABLE_KIND_LIST);
  const OneField node("children", list);
  list.element = &node.object;
  JsonGenerator payloads(1);
  for (const std::string& json : many(payloads, node.object)) EXPECT_LT(json.size(), 100'000u);
}

TEST(JsonGenerator, TheSameSeedMakesTheSame) {
  const composable_type any = of_kind(COMPOSABLE_KIND_STRING);
  const OneField a("a", any);
  JsonGenerator first(7), second(7);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(first.payload(a.object), second.payload(a.object));
}

TEST(JsonGenerator, ATextThatIsRefusedGetsAnotherForm) {
  const composable_type string = of_kind(COMPOSABLE_KIND_STRING);
  const OneField at("at", string);
  JsonGenerator payloads(1);
  payloads.payload(at.object);
  EXPECT_EQ(payloads.change(at.object, "at"), JsonGenerator::Change::kText);
  EXPECT_EQ(payloads.change(at.object, "at"), JsonGenerator::Change::kText);
  EXPECT_EQ(payloads.payload(at.object), R"({"at":"2026-01-02T03:04:05.000Z"})");
  while (payloads.change(at.object, "at") == JsonGenerator::Change::kText) {
  }
  EXPECT_EQ(payloads.change(at.object, "elsewhere"), JsonGenerator::Change::kNone);
}

TEST(JsonGenerator, ANumberThatIsRefusedBecomesSmallOnce) {
  const composable_type number = of_kind(COMPOSABLE_KIND_UINT, 64);
  const OneField a("a", number);
  JsonGenerator payloads(1);
  payloads.payload(a.object);
  EXPECT_EQ(payloads.change(a.object, "a"), JsonGenerator::Change::kNumber);
  for (const std::string& json : many(payloads, a.object)) EXPECT_LE(json.size(), 7u) << json;
  EXPECT_EQ(payloads.change(a.object, "a"), JsonGenerator::Change::kNone);
}

TEST(JsonGenerator, ARefusalWithoutAPathMakesAllNumbersSmall) {
  const composable_type number = of_kind(COMPOSABLE_KIND_INT, 64);
  const OneField a("a", number);
  JsonGenerator payloads(1);
  payloads.payload(a.object);
  EXPECT_EQ(payloads.change(a.object, ""), JsonGenerator::Change::kNumber);
  for (const std::string& json : many(payloads, a.object)) EXPECT_LE(json.size(), 7u) << json;
  EXPECT_EQ(payloads.change(a.object, ""), JsonGenerator::Change::kNone);
}

TEST(JsonGenerator, TextsOfEventsAreSaidAgain) {
  JsonGenerator payloads(1);
  payloads.remember_texts_of(R"({"order_id":"o-17","items":["i-1"],"no\"te":"x\"y"})");
  std::set<std::string> words;
  for (int i = 0; i < 300; ++i) words.insert(payloads.word());
  EXPECT_THAT(words, Contains("o-17"));
  EXPECT_THAT(words, Contains("i-1"));
  EXPECT_EQ(words.count("order_id"), 0u) << "a name is no value";
}

}  // namespace
}  // namespace composable::host
