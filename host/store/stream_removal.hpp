// StreamRemoval truncates and deletes streams of a domain that serves. A stream that is being
// deleted takes no more events; what is in flight is stored first. [not a loop; blocks]
#pragma once
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "events/event_store.hpp"
#include "store/causes.hpp"
#include "store/output_commit.hpp"
#include "store/serial_section.hpp"
#include "store/serving_state.hpp"
#include "store/waits.hpp"

namespace composable::host {

class StreamRemoval {
 public:
  // What it works with; all outlive it.
  struct Dependencies {
    SerialSection& section;
    const StoreStatus& status;
    ServingState& serving;
    OutputCommit& output;
    Causes& causes;
    Waits& waits;
    EventStore* log;
  };
  StreamRemoval(std::string domain, const Dependencies& dependencies)
      : domain_(std::move(domain)), deps_(dependencies) {}

  // As Store::truncate_stream and delete_stream.
  absl::Status truncate(const std::string& stream, std::uint64_t before_version);
  absl::Status remove(const std::string& stream);

 private:
  // Returns when all that is decided so far is durable, or has failed and is gone.
  absl::Status wait_for_flight(const std::string* deleted);
  void mark_deleted(const std::string& stream, bool deleted);

  const std::string domain_;
  const Dependencies deps_;
};

}  // namespace composable::host
