// Streams of a domain that serves are truncated and deleted in the order of its decisions.
#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "store_fixture.hpp"

namespace composable::host {
namespace {

using Kind = Outcome::Kind;

class StreamRemovalTest : public StoreTest {
 protected:
  ~StreamRemovalTest() override {
    if (beside_.joinable()) beside_.join();
  }

  // Does what blocks on a thread of its own.
  void begin(std::function<absl::Status()> work) {
    done_ = false;
    beside_ = std::thread([this, work = std::move(work)] {
      status_ = work();
      done_ = true;
      loop_.post([] {});  // the test looks again
    });
  }
  // Lets the loop run until that has ended, and returns how.
  absl::Status end() {
    EXPECT_TRUE(loop_.run_until([&] { return done_.load(); }));
    beside_.join();
    loop_.run();
    return status_;
  }
  absl::Status beside(std::function<absl::Status()> work) {
    begin(std::move(work));
    return end();
  }

 private:
  std::thread beside_;
  absl::Status status_;
  std::atomic<bool> done_{false};
};

TEST_F(StreamRemovalTest, ADeletedStreamTakesNoEventAndNothingIsRebuilt) {
  ask("Note", R"({"stream":"a","text":"1"})");
  EXPECT_TRUE(beside([&] { return store_->delete_stream("a"); }).ok());
  for (int n = 0; n < 20; ++n) {
    const RecordingWaiter& refused = ask("Note", R"({"stream":"a","text":"2"})");
    EXPECT_EQ(refused.refusal.status, 409);
    EXPECT_EQ(refused.refusal.message, "The stream a was deleted");
    EXPECT_FALSE(store_->health().recovering);
  }
  EXPECT_EQ(ask("Note", R"({"stream":"b","text":"3"})").kind, Kind::kSettled);
}

TEST_F(StreamRemovalTest, WhatIsInFlightIsStoredFirst) {
  events_.shut();
  RecordingWaiter& held = waiter();
  send("Note", R"({"stream":"a","text":"1"})", &held);
  loop_.run();
  begin([&] { return store_->delete_stream("a"); });
  EXPECT_TRUE(loop_.run_until([&] { return store_->health().flight == 2; }));
  // The stream is marked, though the event before the mark is not stored yet.
  RecordingWaiter& refused = waiter();
  send("Note", R"({"stream":"a","text":"2"})", &refused);
  loop_.run();
  EXPECT_EQ(held.calls, 0);
  EXPECT_EQ(refused.calls, 0) << "a refusal that was made on the state waits for it";
  events_.open();
  const absl::Status status = end();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(held.kind, Kind::kSettled);
  EXPECT_EQ(refused.refusal.status, 409);
}

TEST_F(StreamRemovalTest, ADeletedStreamStaysDeletedWhenTheFlightFails) {
  ask("Note", R"({"stream":"a","text":"1"})");
  events_.shut();
  RecordingWaiter& failed = waiter();
  send("Note", R"({"stream":"a","text":"2"})", &failed);
  loop_.run();
  begin([&] { return store_->delete_stream("a"); });
  EXPECT_TRUE(loop_.run_until([&] { return store_->health().flight == 2; }));
  events_.fail_one(AppendCode::kUnavailable);
  events_.open();
  EXPECT_TRUE(end().ok());
  recover();
  EXPECT_EQ(failed.refusal.status, 503);
  EXPECT_EQ(ask("Note", R"({"stream":"a","text":"3"})").refusal.status, 409);
}

TEST_F(StreamRemovalTest, AStreamThatCouldNotBeDeletedTakesEventsAgain) {
  EXPECT_TRUE(absl::IsNotFound(beside([&] { return store_->delete_stream("nothing"); })));
  EXPECT_EQ(ask("Note", R"({"stream":"nothing","text":"1"})").kind, Kind::kSettled);
}

TEST_F(StreamRemovalTest, ATruncatedStreamKeepsItsVersions) {
  for (const char* text : {"1", "2", "3"}) {
    ask("Note", std::string(R"({"stream":"a","text":")") + text + "\"}");
  }
  EXPECT_TRUE(beside([&] { return store_->truncate_stream("a", 3); }).ok());
  EXPECT_EQ(ask("Note", R"({"stream":"a","text":"4"})").kind, Kind::kSettled);
  EXPECT_EQ(texts("a"), (std::vector<std::string>{"3", "4"}));
}

TEST_F(StreamRemovalTest, AStreamWhoseEventsAreAllGoneGoesOnAtItsVersion) {
  ask("Note", R"({"stream":"a","text":"1"})");
  ask("Note", R"({"stream":"a","text":"2"})");
  EXPECT_TRUE(beside([&] { return store_->truncate_stream("a", 9); }).ok());
  start();
  EXPECT_EQ(ask("Note", R"({"stream":"a","text":"3","expect":"none"})").refusal.status, 409);
  EXPECT_EQ(ask("Note", R"({"stream":"a","text":"3"})").kind, Kind::kSettled);
  const auto page = events_.log().read_stream("probe", "a", 1, Direction::kForward, 10);
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->events.size(), 1u);
  EXPECT_EQ(page->events[0].version, 3u);
}

}  // namespace
}  // namespace composable::host
