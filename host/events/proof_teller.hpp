// Tells how far the proof of a log is while it takes long, for whoever waits for the start. It
// counts on the thread that proves and tells on one of its own, which ends with it.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace composable::host {

// A line for whoever waits, every two seconds. On a thread of the proof's own.
using ProofProgress = std::function<void(std::string_view)>;

class ProofTeller {
 public:
  // `progress` outlives it; an empty one is told nothing.
  ProofTeller(std::string file, const ProofProgress& progress,
              absl::Duration every = absl::Seconds(2))
      : file_(std::move(file)) {
    if (!progress) return;
    thread_ = std::thread([this, &progress, every] {
      absl::Duration since;
      while (!done_.WaitForNotificationWithTimeout(every)) {
        since += every;
        progress(line(absl::ToInt64Seconds(since)));
      }
    });
  }
  ~ProofTeller() {
    done_.Notify();
    if (thread_.joinable()) thread_.join();
  }
  ProofTeller(const ProofTeller&) = delete;
  ProofTeller& operator=(const ProofTeller&) = delete;

  // So many events of so many are proved; before the first call tables and indexes are looked at.
  void events(std::uint64_t read, std::uint64_t of) {
    events_ = read;
    of_ = of;
  }

 private:
  std::string line(std::int64_t seconds) const {
    const std::uint64_t of = of_;
    const std::string at =
        of == 0 ? "tables and indexes" : absl::StrFormat("%d of %d events", events_.load(), of);
    return absl::StrFormat("%s: proving that the log is whole: %s, for %d s", file_, at, seconds);
  }

  const std::string file_;
  std::atomic<std::uint64_t> events_{0}, of_{0};
  absl::Notification done_;
  std::thread thread_;
};

}  // namespace composable::host
