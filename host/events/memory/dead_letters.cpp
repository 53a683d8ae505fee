#include "events/memory/dead_letters.hpp"

#include <algorithm>

namespace composable::host {
namespace {

bool matches(const DeadLetterFilter& filter, const DeadLetter& letter) {
  return (!filter.kind || *filter.kind == letter.kind) &&
         (!filter.status || *filter.status == letter.status) &&
         (filter.source.empty() || filter.source == letter.source) &&
         (filter.stream.empty() || filter.stream == letter.stream);
}

}  // namespace

absl::Status MemoryDeadLetters::put(const DeadLetter& letter) {
  if (absl::Status s = check_dead_letter(letter); !s.ok()) return s;
  const MutexLock lock(mutex_);
  const std::int64_t now = clock_.unix_micros();
  DeadLetter* kept = of(letter.id);
  if (kept == nullptr) {
    if (!make_room()) return dead_letters_full(most_);
    kept = &by_number_[++last_number_];
    *kept = letter;
    kept->number = last_number_;
    kept->attempts = 0;
    kept->first_at_us = now;
    kept->actor.clear();
    kept->reason.clear();
  } else if (!is_open(kept->status)) {
    return closed_dead_letter(letter.id, kept->status);
  }
  kept->error_class = letter.error_class;
  kept->error_message = cut_message(letter.error_message);
  kept->status = DeadLetterStatus::kParked;
  kept->last_at_us = now;
  ++kept->attempts;
  return absl::OkStatus();
}

absl::Status MemoryDeadLetters::change(const Uuid& id, const DeadLetterChange& change) {
  const MutexLock lock(mutex_);
  DeadLetter* const letter = of(id);
  if (letter == nullptr) return no_such_dead_letter(id);
  if (absl::Status s = check_change(id, letter->status, change); !s.ok()) return s;
  letter->status = change.status;
  letter->actor = change.actor;
  letter->reason = change.reason;
  return absl::OkStatus();
}

absl::StatusOr<DeadLetterPage> MemoryDeadLetters::list(const DeadLetterFilter& filter,
                                                       std::uint64_t after, std::size_t max) {
  const std::size_t size = std::clamp<std::size_t>(max, 1, kMaxDeadLetterPage);
  DeadLetterPage page;
  page.next = after;
  const MutexLock lock(mutex_);
  for (auto it = by_number_.upper_bound(after); it != by_number_.end(); ++it) {
    if (!matches(filter, it->second)) continue;
    page.more = page.letters.size() == size;
    if (page.more) break;
    page.letters.push_back(it->second);
    page.next = it->first;
  }
  return page;
}

absl::StatusOr<std::optional<DeadLetter>> MemoryDeadLetters::find(const Uuid& id) {
  const MutexLock lock(mutex_);
  const DeadLetter* const letter = of(id);
  if (letter == nullptr) return std::nullopt;
  return *letter;
}

absl::StatusOr<DeadLetterCounts> MemoryDeadLetters::counts() {
  DeadLetterCounts counts;
  const MutexLock lock(mutex_);
  std::int64_t oldest = 0;
  for (const auto& [number, letter] : by_number_) {
    std::uint64_t* const of_status[] = {&counts.parked, &counts.replaying, &counts.resolved,
                                        &counts.discarded};
    ++*of_status[static_cast<std::size_t>(letter.status)];
    if (!is_open(letter.status)) continue;
    oldest = oldest == 0 ? letter.first_at_us : std::min(oldest, letter.first_at_us);
  }
  if (oldest != 0) counts.oldest_open_us = std::max<std::int64_t>(clock_.unix_micros() - oldest, 0);
  return counts;
}

DeadLetter* MemoryDeadLetters::of(const Uuid& id) {
  for (auto& [number, letter] : by_number_) {
    if (letter.id == id) return &letter;
  }
  return nullptr;
}

bool MemoryDeadLetters::make_room() {
  if (by_number_.size() < most_) return true;
  const auto settled = std::find_if(by_number_.begin(), by_number_.end(), [](const auto& entry) {
    return !is_open(entry.second.status);
  });
  if (settled == by_number_.end()) return false;
  by_number_.erase(settled);
  return true;
}

}  // namespace composable::host
