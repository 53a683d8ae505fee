// RefusedTypes knows which commands are refused because the state could not evolve their event,
// and for how long. Each such command costs a rebuild. However many types do that, rebuilds take
// at most a twentieth of the time, so no client can keep a domain busy with them. [serial]
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/container/flat_hash_map.h"

namespace composable::host {

class RefusedTypes {
 public:
  static constexpr std::int64_t kShare = 20;  // times as long as the rebuild took
  static constexpr std::int64_t kLeast = 1'000'000, kMost = 300'000'000;  // microseconds

  // The rebuild that the command `type` caused took `rebuild_us`. The refusals of several types
  // follow one another. Returns until when: steady microseconds.
  std::int64_t refuse(std::uint32_t type, std::int64_t rebuild_us, std::int64_t now) {
    Type& refused = types_[type];
    const std::int64_t alone = std::clamp(rebuild_us * kShare, kLeast, kMost);
    refused.length =
        refused.length == 0 ? alone : std::min(std::max(refused.length * 2, alone), kMost);
    last_until_ = std::max(last_until_, now) + refused.length;
    refused.until = last_until_;
    return refused.until;
  }

  // Until when the command is refused; nothing when it may be decided.
  std::optional<std::int64_t> until(std::uint32_t type, std::int64_t now) const {
    const auto it = types_.find(type);
    if (it == types_.end() || it->second.until <= now) return std::nullopt;
    return it->second.until;
  }
  bool none() const { return types_.empty(); }
  void clear() {  // another build may take what this one did not
    types_.clear();
    last_until_ = 0;
  }

 private:
  struct Type {
    std::int64_t until = 0;
    std::int64_t length = 0;
  };

  absl::flat_hash_map<std::uint32_t, Type> types_;
  std::int64_t last_until_ = 0;
};

}  // namespace composable::host
