// The tables that types turn into.
#include "composable/schema.hpp"

#include <gtest/gtest.h>

#include <cstddef>

#include "sample_types.hpp"

namespace {

using composable::Field;
using composable::type_of;
using composable::view;

const Field& field_of(const composable::Type& type, std::string_view name) {
  for (std::uint32_t i = 0; i < type.n_fields; ++i) {
    if (view(type.field(i).name) == name) return type.field(i);
  }
  ADD_FAILURE() << "no field " << name;
  return type.field(0);
}

TEST(Schema, FieldsHaveTheNamesAndOffsetsOfTheStruct) {
  const composable::Type& type = type_of<sample::Numbers>();
  EXPECT_EQ(type.kind, COMPOSABLE_KIND_OBJECT);
  EXPECT_EQ(view(type.name), "Numbers");
  ASSERT_EQ(type.n_fields, 10u);
  EXPECT_EQ(field_of(type, "i8").offset, offsetof(sample::Numbers, i8));
  EXPECT_EQ(field_of(type, "i16").offset, offsetof(sample::Numbers, i16));
  EXPECT_EQ(field_of(type, "i32").offset, offsetof(sample::Numbers, i32));
  EXPECT_EQ(field_of(type, "u64").offset, offsetof(sample::Numbers, u64));
  EXPECT_EQ(field_of(type, "real").offset, offsetof(sample::Numbers, real));
  EXPECT_EQ(field_of(type, "flag").offset, offsetof(sample::Numbers, flag));
}

TEST(Schema, OffsetsOfAStructOfClassesAreWhereTheFieldsAre) {
  const sample::Everything object{};
  const composable::Type& type = type_of<sample::Everything>();
  const auto offset = [&](const void* field) {
    return static_cast<std::uint32_t>(static_cast<const char*>(field) -
                                      reinterpret_cast<const char*>(&object));
  };
  EXPECT_EQ(field_of(type, "status").offset, offset(&object.status));
  EXPECT_EQ(field_of(type, "tags").offset, offset(&object.tags));
  EXPECT_EQ(field_of(type, "extra").offset, offset(&object.extra));
  EXPECT_EQ(field_of(type, "choice").offset, offset(&object.choice));
  EXPECT_EQ(field_of(type, "by").offset, offset(&object.by));
  EXPECT_EQ(field_of(type, "any").offset, offset(&object.any));
}

TEST(Schema, IntegersCarryTheirBits) {
  EXPECT_EQ(type_of<std::int8_t>().bits, 8u);
  EXPECT_EQ(type_of<std::uint16_t>().bits, 16u);
  EXPECT_EQ(type_of<std::uint16_t>().kind, COMPOSABLE_KIND_UINT);
  EXPECT_EQ(type_of<std::int64_t>().bits, 64u);
  EXPECT_EQ(type_of<std::int64_t>().kind, COMPOSABLE_KIND_INT);
}

TEST(Schema, EnumeratorsAreLowerSnakeCaseWithoutTheK) {
  const composable::Type& type = type_of<sample::Status>();
  ASSERT_EQ(type.n_fields, 3u);
  EXPECT_EQ(view(type.names[0]), "placed");
  EXPECT_EQ(view(type.names[1]), "in_transit");
  EXPECT_EQ(view(type.names[2]), "http_error");
}

TEST(Schema, FlagsSayOptionalNullableAndSecret) {
  const composable::Type& type = type_of<sample::Everything>();
  EXPECT_EQ(field_of(type, "note").flags, COMPOSABLE_FIELD_OPTIONAL | COMPOSABLE_FIELD_NULLABLE);
  EXPECT_EQ(field_of(type, "by").flags, COMPOSABLE_FIELD_OPTIONAL);
  EXPECT_EQ(field_of(type, "password").flags, COMPOSABLE_FIELD_SECRET);
  EXPECT_EQ(field_of(type, "tokens").flags, COMPOSABLE_FIELD_SECRET);
  EXPECT_EQ(field_of(type, "status").flags, 0u);
}

TEST(Schema, ANewtypeIsWhatItHolds) {
  EXPECT_EQ(&type_of<sample::Cents>(), &type_of<std::int64_t>());
  EXPECT_EQ(field_of(type_of<sample::Everything>(), "price").type->kind, COMPOSABLE_KIND_INT);
}

TEST(Schema, ARecursiveTypeRefersToItself) {
  const composable::Type& type = type_of<sample::Node>();
  EXPECT_EQ(field_of(type, "children").type->element, &type);
}

TEST(Schema, AlternativesOfAVariantHaveTheNamesOfTheirTypes) {
  const composable::Type& type = *field_of(type_of<sample::Everything>(), "choice").shape;
  EXPECT_EQ(type.kind, COMPOSABLE_KIND_UNION);
  EXPECT_EQ(view(type.field(0).name), "Tick");
  EXPECT_EQ(view(type.field(1).name), "Item");
}

TEST(Schema, AKeywordDropsItsUnderscore) {
  EXPECT_EQ(view(field_of(type_of<sample::Everything>(), "class").name), "class");
}

TEST(Schema, TheAbiSeesEveryTable) {
  for (const composable::Type* type :
       {&type_of<sample::Everything>(), &type_of<sample::Node>(), &type_of<sample::Status>()}) {
    EXPECT_EQ(type->struct_size, sizeof(composable_type));
    const composable_type* abi = type;
    for (std::uint32_t i = 0; i < abi->n_fields && abi->fields != nullptr; ++i) {
      EXPECT_EQ(abi->fields[i]->struct_size, sizeof(composable_field));
      EXPECT_NE(abi->fields[i]->type, nullptr);
    }
  }
}

}  // namespace
