#include "events/snapshots.hpp"

#include "absl/strings/str_format.h"
#include "events/append_rules.hpp"
#include "events/crc32c.hpp"

namespace composable::host {

absl::Status check_snapshot(std::string_view domain, std::string_view schema,
                            std::uint64_t position, std::size_t bytes, std::uint64_t head) {
  for (const std::string_view name : {domain, schema}) {
    if (!name.empty() && name.size() <= kMaxName) continue;
    return absl::InvalidArgumentError(absl::StrFormat(
        "snapshot: domain and schema need 1 to %d bytes, found %d; choose another name", kMaxName,
        name.size()));
  }
  if (bytes > kMaxSnapshotBytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("snapshot of %s: %d bytes, at most %d are kept; replay this domain from "
                        "its events",
                        domain, bytes, kMaxSnapshotBytes));
  }
  if (position == 0 || position > head) {
    return absl::OutOfRangeError(
        absl::StrFormat("snapshot of %s: position %d is not in the log, which ends at %d; save "
                        "what was seen",
                        domain, position, head));
  }
  return absl::OkStatus();
}

bool is_newer(const std::vector<SnapshotInfo>& others, std::string_view schema,
              std::uint64_t position, std::uint64_t head) {
  std::size_t newer = 0;
  for (const SnapshotInfo& other : others) {
    if (other.position > head) continue;  // not of this log, and in nobody's way
    if (other.schema == schema) {
      if (other.position >= position) return false;
    } else if (other.position > position) {
      ++newer;
    }
  }
  return newer < kSnapshotsOfADomain;
}

std::uint32_t snapshot_checksum(const SnapshotInfo& info, std::string_view data) {
  const std::uint64_t numbers[] = {info.domain.size(), info.schema.size(), info.position,
                                   data.size()};
  std::uint32_t crc = crc32c(0, numbers, sizeof numbers);
  for (const std::string_view part :
       {std::string_view(info.domain), std::string_view(info.schema), data}) {
    crc = crc32c(crc, part.data(), part.size());
  }
  return crc;
}

std::string why_ignored(const SnapshotInfo& info, std::uint64_t head, std::uint32_t stored_checksum,
                        std::string_view data) {
  if (info.position > head) {
    return absl::StrFormat(
        "snapshot of %s: it is of position %d, the log ends at %d; it is "
        "ignored, the domain replays from the beginning",
        info.domain, info.position, head);
  }
  const std::uint32_t found = snapshot_checksum(info, data);
  if (found == stored_checksum && data.size() == info.bytes) return {};
  return absl::StrFormat(
      "snapshot of %s: it is damaged, found %d bytes with crc32c %08x, needed "
      "%d with %08x; it is ignored, the domain replays from the beginning",
      info.domain, data.size(), found, info.bytes, stored_checksum);
}

}  // namespace composable::host
