#include "events/checkpoints.hpp"

#include "absl/strings/str_format.h"
#include "events/append_rules.hpp"

namespace composable::host {

absl::Status check_checkpoint(std::string_view name, const Cursor& cursor, const Uuid& epoch,
                              std::uint64_t head) {
  if (name.empty() || name.size() > kMaxName) {
    return absl::InvalidArgumentError(
        absl::StrFormat("checkpoint: a name needs 1 to %d bytes, found %d; choose another name",
                        kMaxName, name.size()));
  }
  if (cursor.epoch != epoch) {
    return absl::FailedPreconditionError(
        absl::StrFormat("checkpoint %s: the cursor is of the log %s, this is the log %s; begin "
                        "anew in this log",
                        name, cursor.epoch.text(), epoch.text()));
  }
  if (cursor.position > head) {
    return absl::OutOfRangeError(
        absl::StrFormat("checkpoint %s: position %d is beyond the end of the log, which is %d; "
                        "save what was dealt with",
                        name, cursor.position, head));
  }
  return absl::OkStatus();
}

absl::Status check_checkpoint_room(std::size_t saved, std::size_t most) {
  if (saved < most) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrFormat(
      "checkpoint: full, %d are kept of at most %d; remove those that are not used", saved, most));
}

bool moves_on(const Cursor& saved, const Cursor& cursor) {
  return saved.epoch != cursor.epoch || saved.position < cursor.position;
}

}  // namespace composable::host
