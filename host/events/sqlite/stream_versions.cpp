#include "events/sqlite/stream_versions.hpp"

namespace composable::host {

StreamHead* StreamVersions::find(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &found->second->second;
}

StreamHead* StreamVersions::put(std::string name, StreamHead head) {
  if (by_name_.size() == capacity_) {
    by_name_.erase(entries_.back().first);
    entries_.pop_back();
  }
  entries_.emplace_front(std::move(name), std::move(head));
  by_name_.emplace(entries_.front().first, entries_.begin());
  return &entries_.front().second;
}

}  // namespace composable::host
