// A NameTable gives small numbers to the names of domains and actions; they stay the same for as
// long as the loop lives. Filters and log entries compare numbers, and a reload, which may
// renumber a domain's own tables, changes none. Bounded by what plugins declare. One loop.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace composable::host {

class NameTable {
 public:
  std::uint32_t number(std::string_view name) {
    const auto [at, fresh] = numbers_.try_emplace(absl::string_view(name.data(), name.size()),
                                                  static_cast<std::uint32_t>(names_.size()));
    if (fresh) names_.emplace_back(name);
    return at->second;
  }
  const std::string& name(std::uint32_t number) const { return names_[number]; }

 private:
  absl::flat_hash_map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;
};

}  // namespace composable::host
