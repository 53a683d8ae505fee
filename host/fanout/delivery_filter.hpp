// A DeliveryFilter says which events one reader gets: lists of exact names, combined with AND; an
// absent list restricts nothing. Immutable; a null pointer stands for everything. One loop.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "fanout/name_table.hpp"

namespace composable::host {

// What an event is matched by.
struct EventKey {
  std::uint32_t domain;  // numbers of the loop's NameTable
  std::uint32_t action;
  std::uint64_t stream;  // stream_key() of its stream
};

// Streams are not bounded, so they are told apart by a 64-bit hash, seeded per process.
std::uint64_t stream_key(std::string_view stream);

struct DeliveryFilter {
  using Pointer = std::shared_ptr<const DeliveryFilter>;
  template <typename Key>
  using List = std::optional<std::vector<Key>>;

  static constexpr std::size_t kMostBytes = 1536;  // of memory, with three full lists

  List<std::uint32_t> domains;
  List<std::uint32_t> actions;
  List<std::uint64_t> streams;

  // All events of one domain; all events at all when the name is empty.
  static Pointer everything(std::string_view domain, NameTable& names);
  static Pointer nothing();

  bool matches(const EventKey& key) const;
};

}  // namespace composable::host
