// A StoredLog reads the events that a host has stored, also while that host runs and writes. It
// takes no lock, changes nothing, and sees what was committed when each page is read. One thread.
#pragma once
#include <cstdint>
#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "events/event_store.hpp"

namespace composable::host {

class StoredLog {
 public:
  virtual ~StoredLog() = default;
  // The last position; 0: it is empty.
  virtual absl::StatusOr<std::uint64_t> head() = 0;
  // As EventStore::replay, from the first event on.
  virtual absl::Status replay(
      std::string_view domain,
      const std::function<absl::Status(const EventStore::EventView&)>& visit) = 0;
};

}  // namespace composable::host
