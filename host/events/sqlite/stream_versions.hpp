// StreamVersions caches the heads of the streams that the writer used last, so that checking an
// expectation needs no query. Bounded; the writer's thread only.
#pragma once
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "events/append_rules.hpp"

namespace composable::host {

class StreamVersions {
 public:
  explicit StreamVersions(std::size_t capacity) : capacity_(capacity == 0 ? 1 : capacity) {}

  // Null when it is not remembered. Valid until the next put.
  StreamHead* find(std::string_view domain, std::string_view name);
  // Adds a stream that is not cached; drops the one that was unused for longest when full.
  StreamHead* put(std::string domain, std::string name, StreamHead head);
  std::size_t size() const { return by_name_.size(); }

 private:
  struct Entry {
    std::string domain, name;
    StreamHead head;
  };
  using Name = std::pair<std::string_view, std::string_view>;  // domain and name, of an entry

  const std::size_t capacity_;
  std::list<Entry> entries_;  // last used first
  absl::flat_hash_map<Name, std::list<Entry>::iterator> by_name_;
};

}  // namespace composable::host
