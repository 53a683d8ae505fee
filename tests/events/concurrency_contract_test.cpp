// Many threads at once, on every store.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

constexpr int kThreads = 16;
constexpr int kAppends = 40;  // of each thread

class ConcurrencyContract : public EventStoreContract {};

COMPOSABLE_FOR_EVERY_STORE(ConcurrencyContract);

template <typename Work>
void in_threads(int count, Work work) {
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) threads.emplace_back([&work, t] { work(t); });
  for (std::thread& thread : threads) thread.join();
}

void expect_no_holes(EventStore& store) {
  std::uint64_t position = 0;
  std::map<std::string, std::uint64_t> versions;
  for (const StoredEvent& event : whole_log(store)) {
    EXPECT_EQ(event.position, ++position);
    EXPECT_EQ(event.version, ++versions[event.stream]);
  }
  EXPECT_EQ(store.stats().head, position);
}

TEST_P(ConcurrencyContract, ThreadsOnStreamsOfTheirOwnLeaveNoHoles) {
  in_threads(kThreads, [&](int t) {
    for (int i = 0; i < kAppends; ++i) {
      const AppendResult result =
          append(to_exactly("stream-" + std::to_string(t), static_cast<std::uint64_t>(i)));
      EXPECT_EQ(result.code, AppendCode::kOk) << result.message;
    }
  });
  EXPECT_EQ(whole_log(*store_).size(), static_cast<std::size_t>(kThreads * kAppends));
  expect_no_holes(*store_);
}

TEST_P(ConcurrencyContract, ThreadsOnOneStreamNeverOverwriteEachOther) {
  std::atomic<std::uint64_t> written{0};
  in_threads(kThreads, [&](int) {
    std::uint64_t version = 0;
    for (int i = 0; i < kAppends; ++i) {
      const AppendResult result = append(to_exactly("hot", version));
      if (result.code == AppendCode::kOk) {
        ++written;
        EXPECT_EQ(result.first_versions.front(), version + 1);
        ++version;
      } else {
        EXPECT_EQ(result.code, AppendCode::kConflict);
        EXPECT_GT(result.actual_version, version);
        version = result.actual_version;
      }
    }
  });
  EXPECT_EQ(info("hot").version, written.load());
  expect_no_holes(*store_);
}

TEST_P(ConcurrencyContract, OneOfManyClaimsAGuardStream) {
  std::atomic<int> claimed{0};
  in_threads(kThreads, [&](int t) {
    const AppendResult result = append(request(
        {to("user-" + std::to_string(t), Expected::kNone), to("email-1", Expected::kNone)}));
    claimed += result.code == AppendCode::kOk ? 1 : 0;
  });
  EXPECT_EQ(claimed, 1);
  EXPECT_EQ(whole_log(*store_).size(), 2u);
}

TEST_P(ConcurrencyContract, OneOfManyIdenticalRequestsIsWritten) {
  const auto original = request({to("order-1", Expected::kAny, 2)});
  std::atomic<int> written{0}, repeated{0};
  in_threads(kThreads, [&](int) {
    const AppendResult result = append(again(*original));
    EXPECT_EQ(result.first_position, 1u);
    written += result.code == AppendCode::kOk ? 1 : 0;
    repeated += result.code == AppendCode::kDuplicate ? 1 : 0;
  });
  EXPECT_EQ(written, 1);
  EXPECT_EQ(repeated, kThreads - 1);
}

TEST_P(ConcurrencyContract, AnswersComeInPositionOrder) {
  Answers answers;
  in_threads(kThreads, [&](int t) {
    for (int i = 0; i < kAppends; ++i) {
      store_->append(request({to("stream-" + std::to_string(t), Expected::kAny)}), answers);
    }
  });
  answers.wait_for(kThreads * kAppends);
  std::uint64_t position = 0;
  for (const AppendResult& result : answers.results()) {
    EXPECT_EQ(result.first_position, ++position);
  }
}

TEST_P(ConcurrencyContract, ReadersSeeAPrefixOfTheLogWhileItGrows) {
  std::atomic<bool> done{false};
  std::thread reader([&] {
    std::size_t before = 0;
    while (!done) {
      const auto events = whole_log(*store_, 100);
      EXPECT_GE(events.size(), before);
      before = events.size();
      for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].position, i + 1);
    }
  });
  in_threads(4, [&](int t) {
    for (int i = 0; i < kAppends; ++i) {
      append(to("stream-" + std::to_string(t), Expected::kAny, 3));
    }
  });
  done = true;
  reader.join();
  expect_no_holes(*store_);
}

TEST_P(ConcurrencyContract, AnAnsweredAppendIsReadAtOnce) {
  in_threads(4, [&](int t) {
    const std::string stream = "stream-" + std::to_string(t);
    for (std::uint64_t i = 1; i <= 20; ++i) {
      append(to(stream, Expected::kAny));
      EXPECT_EQ(info(stream).version, i);
    }
  });
}

TEST_P(ConcurrencyContract, ShutdownAnswersAllThatWasTaken) {
  Answers answers;
  std::atomic<bool> started{false};
  std::thread appender([&] {
    for (int i = 0; i < 400; ++i) {
      store_->append(request({to("order-1", Expected::kAny)}), answers);
      started = true;
    }
  });
  while (!started) std::this_thread::yield();
  store_->shutdown();
  appender.join();
  answers.wait_for(400);
  std::size_t written = 0;
  for (const AppendResult& result : answers.results()) {
    EXPECT_TRUE(result.code == AppendCode::kOk || result.code == AppendCode::kShuttingDown);
    written += result.code == AppendCode::kOk ? 1 : 0;
  }
  EXPECT_EQ(whole_log(*store_).size(), written);
}

// Appends once more from inside its first answer, as a domain does that runs in place.
class Chained final : public AppendListener {
 public:
  explicit Chained(EventStore& store) : store_(store) {}
  void appended(absl::Span<std::unique_ptr<AppendRequest>> answered) override {
    for (const auto& request : answered) {
      EXPECT_EQ(request->result.code, AppendCode::kOk);
      const bool first = request->streams[0].stream == "first";
      if (first) store_.append(testing::request({to("second", Expected::kAny)}), *this);
      absl::MutexLock lock(&mutex_);
      ++answers_;
      came_.SignalAll();
    }
  }
  void wait_for(int count) {
    absl::MutexLock lock(&mutex_);
    while (answers_ < count) came_.Wait(&mutex_);
  }

 private:
  EventStore& store_;
  absl::Mutex mutex_;
  absl::CondVar came_;
  int answers_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST_P(ConcurrencyContract, AListenerMayAppend) {
  Chained listener(*store_);
  in_threads(4, [&](int) {
    for (int i = 0; i < 20; ++i) {
      store_->append(request({to("first", Expected::kAny)}), listener);
    }
  });
  listener.wait_for(160);
  EXPECT_EQ(info("second").version, 80u);
  expect_no_holes(*store_);
}

}  // namespace
}  // namespace composable::host::testing
