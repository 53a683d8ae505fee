// A CheckpointStore saves how far each consumer of the log has come, by the consumer's name, so
// that it goes on from there after a restart. [any] All calls block; not for loop threads, nor
// inside an AppendListener.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/uuid.hpp"

namespace composable::host {

inline constexpr std::size_t kMaxCheckpoints = 1000;  // unless the store is opened with another

// A position in one log. In a log of another epoch it means nothing.
struct Cursor {
  Uuid epoch;
  std::uint64_t position = 0;  // the last that was processed; 0: none
  Uuid event_id;               // of the event there; nil: not known, and not compared
};

struct Checkpoint {
  std::string name;  // 1..255 bytes
  Cursor cursor;
  std::int64_t saved_at_us = 0;
};

class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;
  // True: saved. False: what is saved is as far or farther, and stays. A checkpoint of another
  // epoch is replaced, whatever its position. Refused: a cursor of another log, or beyond its end.
  virtual absl::StatusOr<bool> save(const std::string& name, const Cursor& cursor) = 0;
  virtual absl::StatusOr<std::optional<Checkpoint>> load(std::string_view name) = 0;
  virtual absl::StatusOr<std::vector<Checkpoint>> list() = 0;  // by name
  virtual absl::Status remove(const std::string& name) = 0;    // an unknown one is ignored
};

// The rules of every kind of store. OK: the checkpoint may be saved.
absl::Status check_checkpoint(std::string_view name, const Cursor& cursor, const Uuid& epoch,
                              std::uint64_t head);
absl::Status check_checkpoint_room(std::size_t saved, std::size_t most);
bool moves_on(const Cursor& saved, const Cursor& cursor);

}  // namespace composable::host
