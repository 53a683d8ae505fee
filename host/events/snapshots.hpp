// A SnapshotStore keeps the state of domains at a position, so that a start or a reload replays
// only the events after it. Snapshots are a cache: they may be deleted at any time, and a bad one
// costs a longer replay and nothing else. [any] All calls block; not for loop threads, nor inside
// an AppendListener.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace composable::host {

inline constexpr std::size_t kMaxSnapshotBytes = std::size_t{64} << 20;
inline constexpr std::size_t kSnapshotsOfADomain = 4;  // of different schemas

// `schema` names the form of the bytes: the hash of a state's layout, or a generation of a plugin.
struct SnapshotInfo {
  std::string domain, schema;  // 1..255 bytes
  std::uint64_t position = 0;  // the last event that the state has seen
  std::uint64_t bytes = 0;
  std::int64_t saved_at_us = 0;
};

struct Snapshot {
  std::uint64_t position = 0;
  std::string data;
};

struct SnapshotFound {
  std::optional<Snapshot> snapshot;  // none: replay from the beginning
  std::string ignored;               // why one that is there was not taken; for the log
};

class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;
  // True: it is the newest of its domain and schema now, and of the domain's others only the
  // newest few are left. False: what is there is as new or newer, and stays.
  virtual absl::StatusOr<bool> save(const std::string& domain, const std::string& schema,
                                    std::uint64_t position, std::string_view data) = 0;
  virtual absl::StatusOr<SnapshotFound> load(std::string_view domain, std::string_view schema) = 0;
  virtual absl::StatusOr<std::vector<SnapshotInfo>> list(
      std::string_view domain) = 0;                            // newest first
  virtual absl::Status remove(const std::string& domain) = 0;  // all of the domain
};

// The rules, one statement for every store.
absl::Status check_snapshot(std::string_view domain, std::string_view schema,
                            std::uint64_t position, std::size_t bytes, std::uint64_t head);
// Whether a snapshot is newer than the domain's others, which are given newest first.
bool is_newer(const std::vector<SnapshotInfo>& others, std::string_view schema,
              std::uint64_t position, std::uint64_t head);
std::uint32_t snapshot_checksum(const SnapshotInfo& info, std::string_view data);
// Why a stored snapshot must be ignored; empty: it may be taken.
std::string why_ignored(const SnapshotInfo& info, std::uint64_t head, std::uint32_t stored_checksum,
                        std::string_view data);

}  // namespace composable::host
