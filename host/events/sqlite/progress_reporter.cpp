#include "events/sqlite/progress_reporter.hpp"

#include <utility>

#include "absl/strings/str_format.h"
#include "observe/host_thread.hpp"

namespace composable::host {

ProgressReporter::ProgressReporter(std::string file, std::string_view doing,
                                   std::string_view beginning, std::string_view units,
                                   const OpenProgress& progress, absl::Duration every)
    : file_(std::move(file)), doing_(doing), beginning_(beginning), units_(units) {
  if (!progress) return;
  thread_ = start_host_thread("teller", [this, &progress, every] {
    absl::Duration waited;
    while (!over_.WaitForNotificationWithTimeout(every)) {
      waited += every;
      const std::uint64_t of = of_;
      const std::string at =
          of == 0 ? beginning_ : absl::StrFormat("%d of %d %s", done_.load(), of, units_);
      progress(
          absl::StrFormat("%s: %s: %s, for %d s", file_, doing_, at, absl::ToInt64Seconds(waited)));
    }
  });
}

ProgressReporter::~ProgressReporter() {
  over_.Notify();
  if (thread_.joinable()) thread_.join();
}

}  // namespace composable::host
