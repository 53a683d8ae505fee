// The lines that a proof tells while it takes long.
#include "events/proof_teller.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"

namespace composable::host {
namespace {

class Lines {
 public:
  void add(std::string_view text) {
    absl::MutexLock lock(&mutex_);
    lines_.emplace_back(text);
  }
  // Waits for it.
  bool has(const std::string& text) {
    const auto told = [&] { return std::find(lines_.begin(), lines_.end(), text) != lines_.end(); };
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&told), absl::Seconds(20));
  }
  std::size_t count() {
    absl::MutexLock lock(&mutex_);
    return lines_.size();
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::string> lines_;
};

TEST(ProofTeller, TellsHowFarItIsAgainAndAgain) {
  Lines lines;
  const ProofProgress progress = [&](std::string_view text) { lines.add(text); };
  {
    ProofTeller teller("data/events.db", progress, absl::Milliseconds(1));
    EXPECT_TRUE(
        lines.has("data/events.db: proving that the log is whole: tables and indexes, for 0 s"));
    teller.events(4096, 10'000);
    EXPECT_TRUE(
        lines.has("data/events.db: proving that the log is whole: 4096 of 10000 events, for 0 s"));
  }
}

TEST(ProofTeller, SaysForHowLong) {
  Lines lines;
  const ProofProgress progress = [&](std::string_view text) { lines.add(text); };
  ProofTeller teller("f", progress, absl::Milliseconds(250));
  EXPECT_TRUE(lines.has("f: proving that the log is whole: tables and indexes, for 1 s"));
}

TEST(ProofTeller, IsSilentWhenItIsQuickOrNobodyListens) {
  Lines lines;
  const ProofProgress progress = [&](std::string_view text) { lines.add(text); };
  { ProofTeller teller("f", progress); }
  EXPECT_EQ(lines.count(), 0u);
  const ProofProgress nobody;
  ProofTeller teller("f", nobody, absl::Milliseconds(1));
  teller.events(1, 2);
}

}  // namespace
}  // namespace composable::host
