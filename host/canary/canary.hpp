// A Canary tries a plugin file in a child process before the host maps any of it. The child loads
// the file as the loader does, and builds its state from the log or imports what the serving
// generation has exported. A plugin that crashes, hangs, ends the process or refuses does so there,
// and the error says where. The reloader calls it on its thread, which blocks until the verdict or
// the deadline.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "child/child_process.hpp"
#include "plugin/private_copy.hpp"
#include "store/reducer_context.hpp"
#include "store/store.hpp"

namespace composable::host {

struct CanaryTrial {
  using Visit = std::function<absl::Status(const EventStore::EventView&)>;

  std::filesystem::path file;
  // Called in this order on the caller's thread, once the candidate has named its domain. Each may
  // be empty.
  std::function<std::string(std::string_view domain)> config;  // its section, JSON
  // Calls `visit` with every event that makes the state, in order, until that fails.
  std::function<absl::Status(std::string_view domain, const Visit& visit)> events;
  // The state of an ephemeral domain as it is now; nothing when there is none to import. Not called
  // for a candidate that resets its state.
  std::function<absl::StatusOr<std::optional<ExportedState>>(std::string_view domain)> state;
  // For all of it.
  std::chrono::milliseconds deadline{5000};
};

// Of a candidate that may be loaded.
struct CanaryReport {
  std::string domain, version, build;
  std::string held;  // why its code was not unmapped at the end; empty: it was
  std::uint64_t events = 0;
  bool imported = false;
  std::uint64_t state_bytes = 0;  // of that
  std::chrono::microseconds load{}, evolve{}, import{};
};

class Canary {
 public:
  // The trials' private copies are below the host's run directory, which outlives this. `program`
  // is an executable whose verb `canary` is run_canary_child().
  explicit Canary(const RunDirectory& run, std::filesystem::path program = "/proc/self/exe");
  ~Canary() { tidy(); }
  Canary(const Canary&) = delete;
  Canary& operator=(const Canary&) = delete;

  // Unavailable: the trial could not be made, which says nothing about the file. DeadlineExceeded:
  // it took too long. Anything else: the file must not be loaded. The message begins with the file.
  absl::StatusOr<CanaryReport> try_candidate(const CanaryTrial& trial);
  // [any] Ends a trial that is under way, and every later one at once: Unavailable.
  void give_up() { given_up_.store(true, std::memory_order_relaxed); }
  // Removes what the last trial left on disk. This may take a while, so it is separate from the
  // trial; otherwise the next trial does it.
  void tidy();

 private:
  const std::filesystem::path run_directory_;
  const std::filesystem::path program_;
  std::atomic<bool> given_up_{false};
  std::filesystem::path trial_directory_;  // of the last trial; empty: it is removed
};

}  // namespace composable::host
