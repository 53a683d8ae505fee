// The shape of a type as a constant table: the ABI's schema (abi/schema.h) with, behind it, how to
// reach the parts of an object. Templates end here: the codec, the test diff and everything else
// walk these tables. Constants; on any thread. The length is that of the list of types.
#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <variant>
#include <vector>

#include "composable/abi/schema.h"
#include "composable/enumerators.hpp"
#include "composable/reflect.hpp"
#include "composable/values.hpp"

namespace composable {

// Which types have a form on the wire: bool, integers of 8 to 64 bits, double, std::string, an enum
// class whose enumerators count from 0, Timestamp, Json, std::vector, std::map and unordered_map of
// std::string, std::variant, and aggregates of up to 64 of those; in an aggregate also
// std::optional, WithDefault and Secret. json.hpp says what each looks like.

struct Type;

// How the codec reaches into an object, for each kind that needs more than its address.
struct ListAccess {
  std::size_t stride;  // from one element to the next, in bytes
  const void* (*view)(const void* list, std::size_t* count);
  void* (*push)(void* list);
};
struct MapAccess {
  std::size_t (*size)(const void* map);
  const void* (*find)(const void* map, std::string_view key);  // null: absent
  void* (*insert)(void* map, std::string_view key);            // null: there already
  bool (*each)(const void* map, void* ctx,                     // stops at false
               bool (*visit)(void* ctx, std::string_view key, const void* value));
};
struct UnionAccess {
  std::size_t (*index)(const void* variant);
  const void* (*get)(const void* variant);
  void* (*emplace)(void* variant, std::size_t index);
};
struct OptionalAccess {
  const void* (*get)(const void* optional);  // null: nothing in it
  void* (*emplace)(void* optional);
};
// A value that is a string on the wire only.
struct TextAccess {
  std::string_view expected;  // "instant like 2026-11-20T12:04:31.120Z"
  std::string (*write)(const void* value);
  bool (*read)(void* value, std::string_view text);
};

// A member of an aggregate, or an alternative of a variant.
struct Field : composable_field {
  const Type* shape;               // `type`, as what it is
  std::uint32_t offset;            // in the object; 0 in a union
  const OptionalAccess* optional;  // null: always there
  std::string_view key;            // `,"name":`
};

// The shape of one type; the pointers that its kind does not need are null.
struct Type : composable_type {
  std::uint32_t size;  // of a number or enumeration, in bytes
  const ListAccess* list;
  const MapAccess* map;
  const UnionAccess* alternatives;
  const TextAccess* text;

  const Field& field(std::size_t i) const { return *static_cast<const Field*>(fields[i]); }
  const Type& of() const { return *static_cast<const Type*>(element); }
};

inline std::string_view view(composable_str s) { return {s.ptr, s.len}; }
constexpr composable_str abi_str(std::string_view s) { return {s.data(), s.size()}; }

// How the table of a type is made. Below this line nothing is for use elsewhere.
namespace schema {

inline constexpr std::size_t kMaxFields = 64;

template <class T>
inline constexpr bool kNever = false;

template <class T, template <class...> class Template>
inline constexpr bool kIsA = false;
template <template <class...> class Template, class... Args>
inline constexpr bool kIsA<Template<Args...>, Template> = true;

template <class T>
inline constexpr bool kIsStringMap = false;
template <class T>
inline constexpr bool kIsStringMap<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool kIsStringMap<std::unordered_map<std::string, T>> = true;

template <class T>
inline constexpr bool kIsInteger =
    std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char> &&
    !std::is_same_v<T, wchar_t> && !std::is_same_v<T, char8_t> && !std::is_same_v<T, char16_t> &&
    !std::is_same_v<T, char32_t>;

template <class T>
inline constexpr bool kIsObject = std::is_aggregate_v<T>&& std::is_class_v<T> &&
                                  !std::is_same_v<T, Json> && !std::is_same_v<T, Timestamp>;

template <class T>
consteval bool is_newtype() {
  if constexpr (kIsObject<T>) {
    if constexpr (!std::is_empty_v<T> && reflect::kFieldCount<T> == 1) {
      return reflect::field_name<T, 0>() == "value";
    }
  }
  return false;
}

// What is on the wire for a T, and the flags it gives to the field it stands in. A structure whose
// only field is called `value` is that field.
template <class T>
struct Wire {
  using Inner = T;
  static constexpr std::uint32_t kFlags = 0;
};
template <class T>
requires(is_newtype<T>()) struct Wire<T> {
  using Value = reflect::FieldType<T, 0>;
  using Inner = typename Wire<Value>::Inner;
  static constexpr std::uint32_t kFlags = Wire<Value>::kFlags;
};
template <class T, auto kDefault>
struct Wire<WithDefault<T, kDefault>> {
  using Inner = typename Wire<T>::Inner;
  static constexpr std::uint32_t kFlags = Wire<T>::kFlags | COMPOSABLE_FIELD_OPTIONAL;
};
template <class T>
struct Wire<Secret<T>> {
  using Inner = typename Wire<T>::Inner;
  static constexpr std::uint32_t kFlags = Wire<T>::kFlags | COMPOSABLE_FIELD_SECRET;
};
template <class T>
struct Wire<std::optional<T>> {
  using Inner = std::optional<typename Wire<T>::Inner>;
  static constexpr std::uint32_t kFlags =
      Wire<T>::kFlags | COMPOSABLE_FIELD_OPTIONAL | COMPOSABLE_FIELD_NULLABLE;
};
template <class T>
struct Wire<std::vector<T>> {
  using Inner = std::vector<T>;
  static constexpr std::uint32_t kFlags = Wire<T>::kFlags & COMPOSABLE_FIELD_SECRET;
};

template <class T>
struct Table {
  static const Type value;
};
// Only its address is needed while tables are made: a recursive type refers to itself.
template <class T>
using TableOf = Table<typename Wire<T>::Inner>;

template <class T>
struct OptionalOf {
  static constexpr OptionalAccess kAccess{
      [](const void* o) -> const void* {
        const auto& optional = *static_cast<const std::optional<T>*>(o);
        return optional ? &*optional : nullptr;
      },
      [](void* o) -> void* { return &static_cast<std::optional<T>*>(o)->emplace(); }};
};

template <std::size_t kLength>
consteval std::array<char, kLength + 4> key_text(std::string_view name) {
  std::array<char, kLength + 4> text{};
  text[0] = ',';
  text[1] = '"';
  for (std::size_t i = 0; i < kLength; ++i) text[i + 2] = name[i];
  text[kLength + 2] = '"';
  text[kLength + 3] = ':';
  return text;
}

// `kName` once in the binary, as `,"name":`.
template <class Owner, std::size_t kIndex, std::size_t kLength>
struct Key {
  static constexpr std::array<char, kLength + 4> kText = [] {
    if constexpr (kIsA<Owner, std::variant>) {
      return key_text<kLength>(reflect::type_name<std::variant_alternative_t<kIndex, Owner>>());
    } else {
      return key_text<kLength>(reflect::field_name<Owner, kIndex>());
    }
  }();
};

template <class Owner, std::size_t kIndex, class T, std::size_t kLength>
consteval Field make_field(std::uint32_t offset) {
  using Shape = Wire<T>;
  using Key = Key<Owner, kIndex, kLength>;
  Field field{};
  field.struct_size = sizeof(composable_field);
  field.flags = Shape::kFlags;
  field.name = {Key::kText.data() + 2, kLength};
  field.offset = offset;
  field.key = {Key::kText.data(), Key::kText.size()};
  if constexpr (kIsA<typename Shape::Inner, std::optional>) {
    using Value = typename Shape::Inner::value_type;
    static_assert(!kIsA<typename Wire<Value>::Inner, std::optional>,
                  "composable: an optional of an optional has no wire form; use one std::optional");
    field.shape = &TableOf<Value>::value;
    field.optional = &OptionalOf<Value>::kAccess;
  } else {
    field.shape = &TableOf<T>::value;
  }
  field.type = field.shape;
  return field;
}

template <class T, class Indices = std::make_index_sequence<reflect::kFieldCount<T>>>
struct Members;
template <class T, std::size_t... kIndex>
struct Members<T, std::index_sequence<kIndex...>> {
  static constexpr std::size_t kCount = sizeof...(kIndex);

  // Members stand in order, each at the next multiple of its alignment; a type for which that does
  // not give its size uses something this schema does not know.
  static constexpr std::array<std::size_t, kCount + 1> offsets() {
    std::array<std::size_t, kCount + 1> at{};
    constexpr std::size_t kSizes[] = {sizeof(reflect::FieldType<T, kIndex>)..., 0};
    constexpr std::size_t kAligns[] = {alignof(reflect::FieldType<T, kIndex>)..., alignof(T)};
    std::size_t end = 0;
    for (std::size_t i = 0; i <= kCount; ++i) {
      end = (end + kAligns[i] - 1) / kAligns[i] * kAligns[i];
      at[i] = end;
      end += kSizes[i];
    }
    return at;
  }
  static_assert(offsets()[kCount] == sizeof(T),
                "composable: fields with alignas, bit-fields or [[no_unique_address]] have no wire "
                "form; use plain fields");

  static constexpr std::array<Field, kCount> kFields{
      make_field<T, kIndex, reflect::FieldType<T, kIndex>, reflect::field_name<T, kIndex>().size()>(
          offsets()[kIndex])...};
  static constexpr std::array<const composable_field*, kCount> kPointers{&kFields[kIndex]...};
};
template <class T>
struct Members<T, std::index_sequence<>> {
  static constexpr std::array<const composable_field*, 0> kPointers{};
};

template <class V, class Indices = std::make_index_sequence<std::variant_size_v<V>>>
struct Alternatives;
template <class... T, std::size_t... kIndex>
struct Alternatives<std::variant<T...>, std::index_sequence<kIndex...>> {
  using V = std::variant<T...>;
  static constexpr std::array<Field, sizeof...(T)> kFields{
      make_field<V, kIndex, T, reflect::type_name<T>().size()>(0)...};
  static constexpr std::array<const composable_field*, sizeof...(T)> kPointers{&kFields[kIndex]...};

  template <std::size_t kAt>
  static void* emplace(void* v) {
    return &static_cast<V*>(v)->template emplace<kAt>();
  }
  static constexpr void* (*kEmplace[])(void*) = {&emplace<kIndex>...};
  static constexpr UnionAccess kAccess{
      [](const void* v) { return static_cast<const V*>(v)->index(); },
      [](const void* v) -> const void* {
        return std::visit([](const auto& held) -> const void* { return &held; },
                          *static_cast<const V*>(v));
      },
      [](void* v, std::size_t i) { return kEmplace[i](v); }};
};

template <class List>
struct ListOf {
  using T = typename List::value_type;
  static_assert(!std::is_same_v<T, bool>,
                "composable: std::vector<bool> has no wire form; use std::vector<std::uint8_t> or "
                "an enum class");
  static constexpr ListAccess kAccess{
      sizeof(T),
      [](const void* l, std::size_t* count) -> const void* {
        const auto& list = *static_cast<const List*>(l);
        *count = list.size();
        return list.data();
      },
      [](void* l) -> void* { return &static_cast<List*>(l)->emplace_back(); }};
};

template <class Map>
struct MapOf {
  static constexpr MapAccess kAccess{
      [](const void* m) { return static_cast<const Map*>(m)->size(); },
      [](const void* m, std::string_view key) -> const void* {
        const auto& map = *static_cast<const Map*>(m);
        const auto found = map.find(std::string(key));
        return found == map.end() ? nullptr : &found->second;
      },
      [](void* m, std::string_view key) -> void* {
        const auto [at, fresh] = static_cast<Map*>(m)->try_emplace(std::string(key));
        return fresh ? &at->second : nullptr;
      },
      [](const void* m, void* ctx, bool (*visit)(void*, std::string_view, const void*)) {
        for (const auto& [key, value] : *static_cast<const Map*>(m)) {
          if (!visit(ctx, key, &value)) return false;
        }
        return true;
      }};
};

extern const TextAccess kTimestampAccess;

template <class T>
struct TypeName {
  static constexpr std::size_t kLength = reflect::type_name<T>().size();
  static constexpr std::array<char, kLength> kText = [] {
    std::array<char, kLength> text{};
    for (std::size_t i = 0; i < kLength; ++i) text[i] = reflect::type_name<T>()[i];
    return text;
  }();
  static constexpr composable_str kName{kText.data(), kLength};
};

template <class T>
consteval Type make_object(Type type) {
  constexpr std::size_t kCount = reflect::kFieldCount<T>;
  static_assert(kCount <= kMaxFields, "composable: a struct may have 64 fields");
  type.kind = COMPOSABLE_KIND_OBJECT;
  type.name = TypeName<T>::kName;
  type.n_fields = kCount;
  type.fields = Members<T>::kPointers.data();
  return type;
}

template <class T>
consteval Type make_type() {
  Type type{};
  type.struct_size = sizeof(composable_type);
  type.size = sizeof(T);
  if constexpr (std::is_same_v<T, bool>) {
    type.kind = COMPOSABLE_KIND_BOOL;
  } else if constexpr (kIsInteger<T>) {
    type.kind = std::is_signed_v<T> ? COMPOSABLE_KIND_INT : COMPOSABLE_KIND_UINT;
    type.bits = 8 * sizeof(T);
  } else if constexpr (std::is_same_v<T, double>) {
    type.kind = COMPOSABLE_KIND_DOUBLE;
  } else if constexpr (std::is_same_v<T, std::string>) {
    type.kind = COMPOSABLE_KIND_STRING;
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    type.kind = COMPOSABLE_KIND_STRING;
    type.text = &kTimestampAccess;
  } else if constexpr (std::is_same_v<T, Json>) {
    type.kind = COMPOSABLE_KIND_ANY;
  } else if constexpr (std::is_enum_v<T>) {
    type.kind = COMPOSABLE_KIND_ENUM;
    type.name = TypeName<T>::kName;
    type.n_fields = static_cast<std::uint32_t>(Enumerators<T>::kNames.size());
    type.names = Enumerators<T>::kNames.data();
  } else if constexpr (kIsA<T, std::vector>) {
    type.kind = COMPOSABLE_KIND_LIST;
    type.element = &TableOf<typename T::value_type>::value;
    type.list = &ListOf<T>::kAccess;
  } else if constexpr (kIsStringMap<T>) {
    type.kind = COMPOSABLE_KIND_MAP;
    type.element = &TableOf<typename T::mapped_type>::value;
    type.map = &MapOf<T>::kAccess;
  } else if constexpr (kIsA<T, std::variant>) {
    type.kind = COMPOSABLE_KIND_UNION;
    type.n_fields = std::variant_size_v<T>;
    type.fields = Alternatives<T>::kPointers.data();
    type.alternatives = &Alternatives<T>::kAccess;
  } else if constexpr (kIsObject<T>) {
    return make_object<T>(type);
  } else {
    static_assert(!kIsA<T, std::optional>,
                  "composable: std::optional stands for a field that may be absent; it has no wire "
                  "form elsewhere");
    static_assert(kNever<T>,
                  "composable: this type has no wire form; use bool, an integer of 8 to 64 bits, "
                  "double, std::string, an enum class, std::vector, std::map<std::string, T>, "
                  "std::optional, std::variant, or an aggregate struct of those");
  }
  return type;
}

template <class T>
constinit const Type Table<T>::value = make_type<T>();

}  // namespace schema

// The table of T, the same object everywhere in a plugin.
template <class T>
constexpr const Type& type_of() {
  return schema::TableOf<T>::value;
}

}  // namespace composable
