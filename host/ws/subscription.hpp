// Which events one socket wants: exact names, lists ANDed, an absent list means no restriction.
// Immutable; a null pointer to one stands for everything. One loop.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/refusal.hpp"
#include "ws/command_gate.hpp"
#include "ws/message.hpp"
#include "ws/name_table.hpp"

namespace composable::host {

// What an event is matched by.
struct EventKey {
  std::uint32_t domain;  // numbers of the loop's NameTable
  std::uint32_t action;
  std::uint64_t stream;  // stream_key() of its stream
};

// Streams are not bounded, so they are told apart by a 64-bit hash, seeded per process.
std::uint64_t stream_key(std::string_view stream);

class Subscription {
 public:
  using Pointer = std::shared_ptr<const Subscription>;
  static constexpr std::size_t kMostBytes = 1536;  // of memory, with three full lists

  // All events of one domain; all events at all when the name is empty.
  static Pointer everything(std::string_view fixed_domain, NameTable& names);
  static Pointer nothing();
  // What a subscribe message asks for, within `fixed_domain` when that is not empty.
  static std::variant<Pointer, Refusal> make(const SubscribeMessage& message,
                                             std::string_view fixed_domain, const CommandGate& gate,
                                             NameTable& names);

  bool matches(const EventKey& key) const;

 private:
  template <typename Key>
  using List = std::optional<std::vector<Key>>;

  List<std::uint32_t> domains_;
  List<std::uint32_t> actions_;
  List<std::uint64_t> streams_;
};

}  // namespace composable::host
