// A LogRate bounds the log lines of each kind, so that a client cannot fill a disk. It bounds
// lines only: metrics count everything. Any thread.
//
//     if (log_rate().admit(LogLevel::kWarn, "http", "request_failed", "503")) log_warn(…);
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "observe/log_line.hpp"
#include "runtime/clock.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class LogRate {
 public:
  struct Limits {
    std::uint32_t lines = 10;             // of one kind, in one window
    std::int64_t window_us = 10'000'000;  // begins with a kind's first line
    std::size_t kinds = 256;              // beyond it all others are one kind
  };

  explicit LogRate(Clock& clock) : LogRate(clock, Limits()) {}
  LogRate(Clock& clock, Limits limits) : clock_(clock), limits_(limits) {}  // the clock outlives it

  // Whether a line may be written now; one that may not is counted. A kind is domain, event and
  // `detail`. Of a level that is off nothing is counted.
  bool admit(LogLevel level, std::string_view domain, EventName event, std::string_view detail);
  // Call it about once a second: for each window that has ended, it logs how many lines were left
  // out, and forgets the kind.
  void tick();
  // At shutdown: does the same for every window.
  void finish();

 private:
  struct Kind {
    LogLevel level;
    std::string domain, event, detail;
    std::int64_t window_begin_us = 0;
    std::uint32_t written = 0;
    std::uint64_t left_out = 0;
  };
  void report_older_than(std::int64_t age_us);
  static void report(const Kind& over);

  Clock& clock_;
  const Limits limits_;
  Mutex mutex_;
  std::map<std::string, Kind, std::less<>> kinds_ ABSL_GUARDED_BY(mutex_);
};

// The rate of the host's log.
LogRate& log_rate();

}  // namespace composable::host
