// Telling the host's threads from those that somebody else has begun.
#include "runtime/own_thread.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <latch>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

using std::chrono::milliseconds;
using Names = std::vector<std::string>;

// A sanitizer begins a thread of its own with the first one.
[[maybe_unused]] const bool kBegun = [] {
  std::thread([] {}).join();
  return true;
}();

// Runs from its construction on until its end is asked for.
class Runner {
 public:
  explicit Runner(bool own)
      : thread_([this, own] {
          ::pthread_setname_np(::pthread_self(), "runner");
          std::optional<OwnThread> is_own;
          if (own) is_own.emplace();
          number_ = ::gettid();
          began_.count_down();
          end_.wait();
        }) {
    began_.wait();
  }
  ~Runner() {
    end();
    thread_.join();
  }

  int number() const { return number_; }
  void end() {
    if (!std::exchange(ended_, true)) end_.count_down();
  }

 private:
  std::latch began_{1}, end_{1};
  int number_ = 0;
  bool ended_ = false;
  std::thread thread_;
};

TEST(OwnThread, AThreadThatSaysSoIsTheHosts) {
  const std::vector<int> before = thread_numbers();
  const Runner runner(true);
  EXPECT_EQ(foreign_threads(before, milliseconds(0)), Names{});
}

TEST(OwnThread, AnyOtherIsForeignAndNamed) {
  const std::vector<int> before = thread_numbers();
  const Runner runner(false);
  EXPECT_EQ(foreign_threads(before, milliseconds(5)),
            Names{absl::StrFormat("runner (%d)", runner.number())});
}

TEST(OwnThread, OneThatWasThereBeforeIsKnown) {
  const Runner runner(false);
  const std::vector<int> before = thread_numbers();
  EXPECT_TRUE(std::binary_search(before.begin(), before.end(), runner.number()));
  EXPECT_EQ(foreign_threads(before, milliseconds(0)), Names{});
}

TEST(OwnThread, OneThatEndsInTimeDoesNotCount) {
  const std::vector<int> before = thread_numbers();
  Runner runner(false);
  runner.end();
  EXPECT_EQ(foreign_threads(before, std::chrono::seconds(60)), Names{});
}

TEST(OwnThread, TheFirstThreadIsTheHosts) {
  EXPECT_EQ(foreign_threads({}, milliseconds(0)).size(), thread_numbers().size() - 1);
}

}  // namespace
}  // namespace composable::host
