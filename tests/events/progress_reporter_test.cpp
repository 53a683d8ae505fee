#include "events/sqlite/progress_reporter.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace composable::host {
namespace {

struct Lines {
  absl::Mutex mutex;
  std::vector<std::string> told ABSL_GUARDED_BY(mutex);

  OpenProgress progress() {
    return [this](std::string_view line) {
      absl::MutexLock lock(&mutex);
      told.emplace_back(line);
    };
  }
  // Waits until a line with this in it is told, and returns it up to the time that it took.
  std::string with(const std::string& text) {
    std::string found;
    const auto told_it = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex) {
      for (const std::string& line : told) {
        if (line.find(text) != std::string::npos) found = line.substr(0, line.rfind(", for "));
      }
      return !found.empty();
    };
    absl::MutexLock lock(&mutex);
    const bool in_time = mutex.AwaitWithTimeout(absl::Condition(&told_it), absl::Seconds(20));
    return in_time ? found : "never told: " + text;
  }
};

TEST(ProgressReporter, SaysWhatIsDoneAndHowFarItIs) {
  Lines lines;
  const OpenProgress progress = lines.progress();
  ProgressReporter teller("events.db", "upgrading", "counting streams", "streams", progress,
                          absl::Milliseconds(5));
  EXPECT_EQ(lines.with("counting"), "events.db: upgrading: counting streams");
  teller.moved(7, 12);
  EXPECT_EQ(lines.with("7 of"), "events.db: upgrading: 7 of 12 streams");
}

TEST(ProgressReporter, SaysNothingOfAShortStep) {
  Lines lines;
  const OpenProgress progress = lines.progress();
  { ProgressReporter teller("events.db", "upgrading", "counting streams", "streams", progress); }
  absl::MutexLock lock(&lines.mutex);
  EXPECT_TRUE(lines.told.empty());
}

TEST(ProgressReporter, NeedsNobodyWhoListens) {
  const OpenProgress nobody;
  ProgressReporter teller("events.db", "upgrading", "counting streams", "streams", nobody);
  teller.moved(1, 2);
}

}  // namespace
}  // namespace composable::host
