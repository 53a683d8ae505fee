#include "events/sqlite/stream_versions.hpp"

namespace composable::host {

StreamHead* StreamVersions::find(std::string_view domain, std::string_view name) {
  const auto found = by_name_.find(Name(domain, name));
  if (found == by_name_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &found->second->head;
}

StreamHead* StreamVersions::put(std::string domain, std::string name, StreamHead head) {
  if (by_name_.size() == capacity_) {
    by_name_.erase(Name(entries_.back().domain, entries_.back().name));
    entries_.pop_back();
  }
  entries_.push_front({std::move(domain), std::move(name), head});
  by_name_.emplace(Name(entries_.front().domain, entries_.front().name), entries_.begin());
  return &entries_.front().head;
}

}  // namespace composable::host
