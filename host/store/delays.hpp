// Delays holds the pending delays of one store, ordered by due time and indexed by key. [serial]
#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "events/event.hpp"

namespace composable::host {

struct Scope;

struct Delay {
  std::string key;          // empty: cannot be cancelled or replaced
  std::int64_t due_us = 0;  // Unix time
  std::uint32_t type = 0;
  std::string data;        // wire JSON
  EventMeta meta;          // copied by value: a delay may outlive its cause
  bool stored = false;     // has a row in the log's timers
  Scope* scope = nullptr;  // inside a group: counted there until its cascade has settled
};

class Delays {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  // Returns the delay of the same key that it replaces, if there was one: its scope wants its count
  // back.
  std::pair<bool, Delay> add(Delay delay) {
    std::pair<bool, Delay> replaced;
    if (!delay.key.empty()) replaced = remove(delay.key);
    const auto at = by_due_.emplace(delay.due_us, std::move(delay));
    if (!at->second.key.empty()) by_key_[at->second.key] = at;
    return replaced;
  }

  std::pair<bool, Delay> remove(const std::string& key) {
    const auto it = by_key_.find(key);
    if (it == by_key_.end()) return {};
    std::pair<bool, Delay> removed{true, std::move(it->second->second)};
    by_due_.erase(it->second);
    by_key_.erase(it);
    return removed;
  }

  // The oldest delay that is due, if any.
  std::pair<bool, Delay> due(std::int64_t now_us) {
    if (by_due_.empty() || by_due_.begin()->first > now_us) return {};
    std::pair<bool, Delay> first{true, std::move(by_due_.begin()->second)};
    if (!first.second.key.empty()) by_key_.erase(first.second.key);
    by_due_.erase(by_due_.begin());
    return first;
  }

  // Those whose rows are about to be read again.
  void forget_stored() {
    for (auto it = by_due_.begin(); it != by_due_.end();) {
      if (!it->second.stored) {
        ++it;
        continue;
      }
      if (!it->second.key.empty()) by_key_.erase(it->second.key);
      it = by_due_.erase(it);
    }
  }

  bool stored(const std::string& key) const {
    const auto it = by_key_.find(key);
    return it != by_key_.end() && it->second->second.stored;
  }
  bool pending(const std::string& key) const { return by_key_.contains(key); }

  std::int64_t earliest() const { return by_due_.empty() ? kNever : by_due_.begin()->first; }
  std::size_t size() const { return by_due_.size(); }

 private:
  using ByDue = std::multimap<std::int64_t, Delay>;

  ByDue by_due_;
  absl::flat_hash_map<std::string, ByDue::iterator> by_key_;
};

}  // namespace composable::host
