// What every event store test needs: a listener that keeps answers, short ways to make requests,
// and the contract's parameter: the same tests run against every store.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "events/event_store.hpp"
#include "events/memory/event_store.hpp"
#include "events/sqlite/event_store.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"

namespace composable::host::testing {

// A directory that is gone with its owner.
class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  std::string file(std::string_view name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// Keeps the requests it gets back, in order, with the size of each call.
class Answers final : public AppendListener {
 public:
  void appended(absl::Span<std::unique_ptr<AppendRequest>> answered) override;
  // Waits until `count` requests are back since the beginning.
  void wait_for(std::size_t count);
  std::vector<AppendResult> results();
  std::vector<std::size_t> calls();

 private:
  absl::Mutex mutex_;
  absl::CondVar came_;
  std::vector<std::unique_ptr<AppendRequest>> requests_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::size_t> calls_ ABSL_GUARDED_BY(mutex_);
};

Uuid new_id();
Clock& system_clock();

StreamAppend to(std::string stream, Expected expected, std::size_t events = 1,
                std::string type = "Happened");
StreamAppend to_exactly(std::string stream, std::uint64_t version);
StreamAppend to_seen(std::string stream, std::uint64_t position);
TimerWrite timer(std::string key, std::int64_t due_us, std::string data = "{}");

std::unique_ptr<AppendRequest> request(std::vector<StreamAppend> streams,
                                       std::string domain = "orders");
std::unique_ptr<AppendRequest> timers(std::vector<TimerWrite> written,
                                      std::vector<std::string> cancelled = {},
                                      std::string domain = "orders");
// A new request with the same event ids.
std::unique_ptr<AppendRequest> again(const AppendRequest& request);

// Appends and waits for the answer.
AppendResult append(EventStore& store, std::unique_ptr<AppendRequest> request);

// Every event of the log, page by page.
std::vector<StoredEvent> whole_log(EventStore& store, std::size_t page = 1000);

// The text of an append code, for failure messages.
void PrintTo(AppendCode code, std::ostream* out);

std::unique_ptr<SqliteEventStore> open_sqlite(const std::string& path,
                                              const SqliteStoreOptions& options = {});

// One kind of store under the contract's tests.
class EventStoreContract : public ::testing::TestWithParam<std::string> {
 protected:
  static constexpr std::size_t kCheckpoints = 20, kDeadLetters = 30;  // at most

  EventStoreContract();

  AppendResult append(std::unique_ptr<AppendRequest> r) {
    return testing::append(*store_, std::move(r));
  }
  AppendResult append(StreamAppend s, std::string domain = "orders");
  StreamInfo info(std::string_view stream, std::string_view domain = "orders") {
    return *store_->stream_info(domain, stream);
  }

  TempDirectory directory_;
  std::unique_ptr<EventStore> store_;
};

#define COMPOSABLE_FOR_EVERY_STORE(suite)                                        \
  INSTANTIATE_TEST_SUITE_P(Stores, suite, ::testing::Values("memory", "sqlite"), \
                           [](const auto& param_info) { return param_info.param; })

}  // namespace composable::host::testing

namespace composable::host {
using testing::PrintTo;
}
