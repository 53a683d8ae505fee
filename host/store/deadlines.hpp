// Deadlines orders the waits of one store by deadline. Waits of the same length end in the order
// in which they began, so each length has a list that is sorted by itself: adding and removing
// cost a few pointer writes.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "store/cause.hpp"

namespace composable::host {

class Deadlines {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  // [serial] `cause.deadline` is set to `now` plus `timeout_ms`.
  void add(Cause& cause, std::uint32_t timeout_ms, std::int64_t now) {
    List& list = list_of(timeout_ms);
    cause.timeout_ms = timeout_ms;
    cause.deadline = now + std::int64_t{timeout_ms} * 1000;
    cause.earlier = list.last;
    cause.later = nullptr;
    (list.last == nullptr ? list.first : list.last->later) = &cause;
    list.last = &cause;
  }

  // [serial] No effect on a cause that has no deadline.
  void remove(Cause& cause) {
    if (cause.deadline == 0) return;
    List& list = list_of(cause.timeout_ms);
    (cause.earlier == nullptr ? list.first : cause.earlier->later) = cause.later;
    (cause.later == nullptr ? list.last : cause.later->earlier) = cause.earlier;
    cause.deadline = 0;
  }

  // [serial] A cause whose deadline has passed, or null.
  Cause* expired(std::int64_t now) const {
    for (const List& list : lists_) {
      if (list.first != nullptr && list.first->deadline <= now) return list.first;
    }
    return nullptr;
  }

  std::int64_t earliest() const {
    std::int64_t earliest = kNever;
    for (const List& list : lists_) {
      if (list.first != nullptr) earliest = std::min(earliest, list.first->deadline);
    }
    return earliest;
  }

 private:
  struct List {
    std::uint32_t timeout_ms;
    Cause* first = nullptr;
    Cause* last = nullptr;
  };

  List& list_of(std::uint32_t timeout_ms) {
    for (List& list : lists_) {
      if (list.timeout_ms == timeout_ms) return list;
    }
    return lists_.emplace_back(List{timeout_ms});
  }

  std::vector<List> lists_;  // as many as a domain's routes have different timeouts
};

}  // namespace composable::host
