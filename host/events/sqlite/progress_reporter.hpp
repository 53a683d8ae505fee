// A ProgressReporter reports how far a long step is while the log opens. The thread that takes the
// step owns it; a thread of its own reports.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "events/open_progress.hpp"

namespace composable::host {

class ProgressReporter {
 public:
  // "<file>: <doing>: <beginning>, for 2 s", and after the first moved() "<file>: <doing>: 7 of 12
  // <units>, for 4 s". `progress` outlives it.
  ProgressReporter(std::string file, std::string_view doing, std::string_view beginning,
                   std::string_view units, const OpenProgress& progress,
                   absl::Duration every = absl::Seconds(2));
  ~ProgressReporter();
  ProgressReporter(const ProgressReporter&) = delete;
  ProgressReporter& operator=(const ProgressReporter&) = delete;

  void moved(std::uint64_t done, std::uint64_t of) {
    done_ = done;
    of_ = of;
  }

 private:
  const std::string file_, doing_, beginning_, units_;
  std::atomic<std::uint64_t> done_{0}, of_{0};
  absl::Notification over_;
  std::thread thread_;
};

}  // namespace composable::host
