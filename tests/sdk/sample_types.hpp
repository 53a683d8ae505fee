// Types with one of everything that has a wire form.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "composable/values.hpp"

namespace sample {

enum class Status : std::uint8_t { kPlaced, kInTransit, kHTTPError };
enum class Wide : std::int64_t { kLow, kHigh };

struct Item {
  std::string sku;
  std::uint32_t quantity = 1;
};
struct Order {
  std::string customer_id;
  std::vector<Item> items;
};
struct Tick {};
struct Cents {
  std::int64_t value = 0;
};
struct Node {
  std::string name;
  std::vector<Node> children;
};
struct Numbers {
  std::int8_t i8 = 0;
  std::uint8_t u8 = 0;
  std::int16_t i16 = 0;
  std::uint16_t u16 = 0;
  std::int32_t i32 = 0;
  std::uint32_t u32 = 0;
  std::int64_t i64 = 0;
  std::uint64_t u64 = 0;
  double real = 0;
  bool flag = false;
};
struct Everything {
  Numbers numbers;
  Status status = Status::kPlaced;
  Wide wide = Wide::kLow;
  std::map<std::string, std::string> tags;
  std::optional<std::string> note;
  std::optional<Item> extra;
  std::variant<Tick, Item, Cents> choice;
  composable::WithDefault<std::int64_t, 7> by;
  composable::Secret<std::string> password;
  std::vector<composable::Secret<std::string>> tokens;
  Cents price;
  composable::Timestamp at;
  composable::Json any;
  std::string class_;
};

}  // namespace sample
