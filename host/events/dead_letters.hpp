// A DeadLetterStore parks what failed for good after its caller was answered: an event that a
// projection cannot take, an effect or a message. Operators look at it, replay it or discard it.
// [any] All calls block; not for loop threads, nor inside an AppendListener.
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

inline constexpr std::size_t kMaxDeadLetters = 10'000;  // unless the store is opened with another
inline constexpr std::size_t kMaxDeadLetterPage = 100;
inline constexpr std::size_t kMaxErrorMessage = 4096;  // bytes; a longer one is cut

enum class DeadLetterKind : std::uint8_t { kProjection, kEffect, kPublish, kUpcast };
enum class DeadLetterStatus : std::uint8_t { kParked, kReplaying, kResolved, kDiscarded };

std::string_view name_of(DeadLetterKind kind);
std::string_view name_of(DeadLetterStatus status);

struct DeadLetter {
  Uuid id;                   // caller-made: a second put of it is a further attempt
  std::uint64_t number = 0;  // 1.. in the order of arrival; given by the store
  DeadLetterKind kind = DeadLetterKind::kProjection;
  std::string source;  // which projection, effect or target: 1..255 bytes

  // The event that it is about. Its bytes stay in the log, so that a replay reads them as the build
  // of that time does. 0 and empty where there is none.
  std::uint64_t position = 0, version = 0;
  std::string stream;
  Uuid event_id;
  std::string payload;  // when it is about no event; at most 1 MiB

  std::string error_class, error_message;
  std::string traceparent;

  // Kept by the store.
  std::uint64_t attempts = 0;
  std::int64_t first_at_us = 0, last_at_us = 0;
  DeadLetterStatus status = DeadLetterStatus::kParked;
  std::string actor, reason;  // of the last change of the status
};

struct DeadLetterChange {
  DeadLetterStatus status = DeadLetterStatus::kParked;
  std::string actor;   // the operator
  std::string reason;  // needed to discard
};

// What is unset or empty matches everything.
struct DeadLetterFilter {
  std::optional<DeadLetterKind> kind;
  std::optional<DeadLetterStatus> status;
  std::string source, stream;
};

struct DeadLetterPage {
  std::vector<DeadLetter> letters;
  bool more = false;       // there may be more
  std::uint64_t next = 0;  // pass it as `after` to go on
};

struct DeadLetterCounts {
  std::uint64_t parked = 0, replaying = 0, resolved = 0, discarded = 0;
  std::int64_t oldest_open_us = 0;  // age of the oldest that is parked or replaying; 0: none
};

class DeadLetterStore {
 public:
  virtual ~DeadLetterStore() = default;
  // Parks a new letter. A known id counts one more attempt, takes the new error, and is parked
  // again. When the store is full, the oldest closed letter is dropped; when all are open, the new
  // one is refused.
  virtual absl::Status put(const DeadLetter& letter) = 0;
  // parked -> replaying, resolved, discarded; replaying -> parked, resolved, discarded. A closed
  // letter stays closed.
  virtual absl::Status change(const Uuid& id, const DeadLetterChange& change) = 0;
  // By number, after `after`; at most 100.
  virtual absl::StatusOr<DeadLetterPage> list(const DeadLetterFilter& filter, std::uint64_t after,
                                              std::size_t max) = 0;
  virtual absl::StatusOr<std::optional<DeadLetter>> find(const Uuid& id) = 0;
  virtual absl::StatusOr<DeadLetterCounts> counts() = 0;
};

// The rules, one statement for every store.
constexpr bool is_open(DeadLetterStatus status) {
  return status == DeadLetterStatus::kParked || status == DeadLetterStatus::kReplaying;
}
absl::Status check_dead_letter(const DeadLetter& letter);
absl::Status check_change(const Uuid& id, DeadLetterStatus found, const DeadLetterChange& change);
absl::Status no_such_dead_letter(const Uuid& id);
absl::Status closed_dead_letter(const Uuid& id, DeadLetterStatus found);
absl::Status dead_letters_full(std::size_t most);
std::string_view cut_message(std::string_view message);  // between characters of UTF-8

}  // namespace composable::host
