#include "events/dead_letters.hpp"

#include "absl/strings/str_format.h"
#include "events/append_rules.hpp"

namespace composable::host {
namespace {

absl::Status check_text(std::string_view what, std::string_view text, std::size_t least,
                        std::size_t most) {
  if (text.size() >= least && text.size() <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("dead letter: %s takes %d to %d bytes, found %d; shorten it", what, least,
                      most, text.size()));
}

}  // namespace

std::string_view name_of(DeadLetterKind kind) {
  static constexpr std::string_view kNames[] = {"projection", "effect", "publish", "upcast"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(DeadLetterStatus status) {
  static constexpr std::string_view kNames[] = {"parked", "replaying", "resolved", "discarded"};
  return kNames[static_cast<std::size_t>(status)];
}

absl::Status check_dead_letter(const DeadLetter& letter) {
  if (letter.id.is_nil()) {
    return absl::InvalidArgumentError("dead letter: it has no id; make a version 7 UUID");
  }
  const absl::Status checks[] = {
      check_text("a source", letter.source, 1, kMaxName),
      check_text("a stream", letter.stream, 0, kMaxName),
      check_text("an error class", letter.error_class, 0, kMaxName),
      check_text("a traceparent", letter.traceparent, 0, kMaxMeta),
      check_text("a payload", letter.payload, 0, kMaxEventData),
  };
  for (const absl::Status& status : checks) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status check_change(const Uuid& id, DeadLetterStatus found, const DeadLetterChange& change) {
  if (!is_open(found)) return closed_dead_letter(id, found);
  if (absl::Status s = check_text("an actor", change.actor, 0, kMaxMeta); !s.ok()) return s;
  if (absl::Status s = check_text("a reason", change.reason, 0, kMaxErrorMessage); !s.ok()) {
    return s;
  }
  if (change.status == DeadLetterStatus::kDiscarded && change.reason.empty()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "dead letter %s: it cannot be discarded without a reason; say why", id.text()));
  }
  return absl::OkStatus();
}

absl::Status no_such_dead_letter(const Uuid& id) {
  return absl::NotFoundError(
      absl::StrFormat("dead letter %s: there is none of this id; list them", id.text()));
}

absl::Status closed_dead_letter(const Uuid& id, DeadLetterStatus found) {
  return absl::FailedPreconditionError(absl::StrFormat(
      "dead letter %s: it is %s, which stays so; put a new one", id.text(), name_of(found)));
}

absl::Status dead_letters_full(std::size_t most) {
  return absl::ResourceExhaustedError(absl::StrFormat(
      "dead letters: full, %d are open of at most %d; replay or discard some", most, most));
}

std::string_view cut_message(std::string_view message) {
  if (message.size() <= kMaxErrorMessage) return message;
  std::size_t end = kMaxErrorMessage;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xc0) == 0x80) --end;
  return message.substr(0, end);
}

}  // namespace composable::host
