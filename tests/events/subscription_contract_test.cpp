// Following the log, on every store.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <thread>

#include "events/subscription.hpp"
#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

const absl::Duration kNow = absl::ZeroDuration();
const absl::Duration kForever = absl::InfiniteDuration();

class SubscriptionContract : public EventStoreContract {
 protected:
  std::unique_ptr<Subscription> subscribe(SubscriptionOptions options) {
    auto subscription = Subscription::open(*store_, std::move(options));
    EXPECT_TRUE(subscription.ok()) << subscription.status();
    return subscription.ok() ? *std::move(subscription) : nullptr;
  }
  std::unique_ptr<Subscription> from(From place) {
    SubscriptionOptions options;
    options.from = std::move(place);
    return subscribe(std::move(options));
  }
  // Everything that is there now: positions, C: caught up, L: lagged, E: another epoch.
  static std::string all_of(Subscription& subscription) {
    std::string text;
    while (true) {
      const auto next = subscription.next(kNow);
      EXPECT_TRUE(next.ok()) << next.status();
      if (!next.ok() || !next->has_value()) return text;
      text += text_of(**next) + " ";
      if (std::holds_alternative<EpochChanged>(**next)) return text;
    }
  }
  static std::string text_of(const Delivery& delivery) {
    if (const auto* event = std::get_if<StoredEvent>(&delivery)) {
      return std::to_string(event->position);
    }
    if (const auto* caught_up = std::get_if<CaughtUp>(&delivery)) {
      return "C" + std::to_string(caught_up->position);
    }
    if (const auto* lagged = std::get_if<Lagged>(&delivery)) {
      return "L" + std::to_string(lagged->behind);
    }
    return "E";
  }
  void fill(std::size_t events, std::string stream = "order-1", std::string domain = "orders") {
    append(to(std::move(stream), Expected::kAny, events), std::move(domain));
  }
  Cursor at(std::uint64_t position, Uuid id = {}) { return {store_->epoch(), position, id}; }
};

COMPOSABLE_FOR_EVERY_STORE(SubscriptionContract);

TEST_P(SubscriptionContract, HistoryComesFirstThenWhatIsAppended) {
  fill(3);
  auto s = from(From::beginning());
  EXPECT_EQ(all_of(*s), "1 2 3 C3 ");
  fill(2);
  EXPECT_EQ(all_of(*s), "4 5 ");
  fill(1);
  EXPECT_EQ(all_of(*s), "6 ");
}

TEST_P(SubscriptionContract, AnEmptyLogIsCaughtUpWithAtOnce) {
  auto s = from(From::beginning());
  EXPECT_EQ(all_of(*s), "C0 ");
  fill(1);
  EXPECT_EQ(all_of(*s), "1 ");
}

TEST_P(SubscriptionContract, FromTheEndOnlyWhatIsAppendedLaterComes) {
  fill(3);
  auto s = from(From::end());
  EXPECT_EQ(all_of(*s), "C3 ");
  fill(2);
  EXPECT_EQ(all_of(*s), "4 5 ");
}

TEST_P(SubscriptionContract, FromACursorTheNextOneComesFirst) {
  fill(5);
  auto s = from(From::after(at(3, whole_log(*store_)[2].id)));
  EXPECT_EQ(all_of(*s), "4 5 C5 ");
}

TEST_P(SubscriptionContract, FromACheckpointItGoesOnWhereItWas) {
  fill(5);
  auto s = from(From::saved("sums"));
  EXPECT_EQ(text_of(**s->next(kNow)), "1");  // none is saved: the beginning
  EXPECT_EQ(text_of(**s->next(kNow)), "2");
  EXPECT_TRUE(*store_->checkpoints().save("sums", s->cursor()));
  EXPECT_EQ(all_of(*from(From::saved("sums"))), "3 4 5 C5 ");
}

TEST_P(SubscriptionContract, EveryEventComesAsItIsStored) {
  auto r = request({to("order-1", Expected::kAny)});
  r->meta = {new_id(), new_id(), "user-7", "00-aa-bb-01"};
  append(std::move(r));
  const StoredEvent stored = whole_log(*store_)[0];
  const StoredEvent got = std::get<StoredEvent>(**from(From::beginning())->next(kNow));
  EXPECT_EQ(got.id, stored.id);
  EXPECT_EQ(got.stream, stored.stream);
  EXPECT_EQ(got.version, stored.version);
  EXPECT_EQ(got.type, stored.type);
  EXPECT_EQ(got.data, stored.data);
  EXPECT_EQ(got.meta.traceparent, "00-aa-bb-01");
}

TEST_P(SubscriptionContract, OnlyWhatTheFilterNamesComesAndTheCursorPassesTheRest) {
  fill(2, "order-1", "orders");
  fill(3, "payment-1", "payments");
  append(to("order-1", Expected::kAny, 1, "Rare"));
  fill(1, "payment-1", "payments");
  SubscriptionOptions options;
  options.filter = {"orders", ""};
  auto s = subscribe(options);
  EXPECT_EQ(all_of(*s), "1 2 6 C7 ");
  EXPECT_EQ(s->cursor().position, 7u);
  options.filter = {"", "Rare"};
  EXPECT_EQ(all_of(*subscribe(options)), "6 C7 ");
}

TEST_P(SubscriptionContract, PartitionsSeeEveryEventOnceAndAStreamTogether) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20; ++i) fill(1, "order-" + std::to_string(i));
  }
  std::set<std::uint64_t> seen;
  std::map<std::string, std::uint32_t> owner;
  for (std::uint32_t i = 0; i < 3; ++i) {
    SubscriptionOptions options;
    options.partition = {i, 3};
    auto s = subscribe(options);
    std::size_t mine = 0;
    for (auto next = s->next(kNow); next->has_value(); next = s->next(kNow)) {
      const auto* event = std::get_if<StoredEvent>(&**next);
      if (event == nullptr) continue;
      ++mine;
      EXPECT_TRUE(seen.insert(event->position).second);
      EXPECT_EQ(owner.try_emplace(event->stream, i).first->second, i);
    }
    EXPECT_GT(mine, 0u);
    EXPECT_EQ(s->cursor().position, 60u);
  }
  EXPECT_EQ(seen.size(), 60u);
}

TEST_P(SubscriptionContract, APartitionOfAStreamNeverChanges) {
  // crc32c("order-1") is 1306626156: whoever saved a checkpoint for a partition relies on it.
  EXPECT_TRUE((Partition{1, 5}.has("order-1")));
  EXPECT_FALSE((Partition{0, 5}.has("order-1")));
}

TEST_P(SubscriptionContract, NeverMoreThanTheCreditIsInFlight) {
  fill(5);
  SubscriptionOptions options;
  options.credit = 2;
  auto s = subscribe(options);
  EXPECT_EQ(all_of(*s), "1 2 ");
  s->grant(1);
  EXPECT_EQ(all_of(*s), "3 ");
  s->grant(1000);  // never above the credit of the options
  EXPECT_EQ(all_of(*s), "4 5 C5 ");
  fill(3);
  s->grant(2);
  EXPECT_EQ(all_of(*s), "6 7 ");
}

TEST_P(SubscriptionContract, CaughtUpNeedsNoCredit) {
  fill(2);
  SubscriptionOptions options;
  options.credit = 2;
  EXPECT_EQ(all_of(*subscribe(options)), "1 2 C2 ");
}

TEST_P(SubscriptionContract, FallingBehindIsToldOnceAndNothingIsLost) {
  SubscriptionOptions options;
  options.lagged_beyond = 3;
  auto s = subscribe(options);
  EXPECT_EQ(all_of(*s), "C0 ");
  fill(3);
  EXPECT_EQ(all_of(*s), "1 2 3 ");
  fill(5);
  EXPECT_EQ(all_of(*s), "L5 4 5 6 7 8 C8 ");
}

TEST_P(SubscriptionContract, LaggingIsToldWithoutCreditToo) {
  SubscriptionOptions options;
  options.credit = 1;
  options.lagged_beyond = 3;
  auto s = subscribe(options);
  fill(1);
  EXPECT_EQ(all_of(*s), "1 C1 ");
  fill(9);
  EXPECT_EQ(all_of(*s), "L9 ");
}

TEST_P(SubscriptionContract, RemovedEventsArePassedOver) {
  fill(3, "order-1");
  fill(2, "order-2");
  ASSERT_TRUE(store_->truncate_stream("orders", "order-1", 3).ok());
  EXPECT_EQ(all_of(*from(From::beginning())), "3 4 5 C5 ");
  ASSERT_TRUE(store_->delete_stream("orders", "order-2").ok());
  auto s = from(From::beginning());
  EXPECT_EQ(all_of(*s), "3 C5 ");
  EXPECT_EQ(s->cursor().position, 5u);
}

TEST_P(SubscriptionContract, ACursorOfAnotherEpochIsToldAndNothingComes) {
  fill(3);
  auto s = from(From::after({new_id(), 1, {}}));
  for (int i = 0; i < 2; ++i) {
    const auto next = s->next(kForever);
    const auto* changed = std::get_if<EpochChanged>(&**next);
    ASSERT_NE(changed, nullptr);
    EXPECT_EQ(changed->epoch, store_->epoch());
    EXPECT_EQ(changed->head, 3u);
  }
}

TEST_P(SubscriptionContract, ACursorBeyondTheEndIsOfAnotherLog) {
  fill(3);
  EXPECT_EQ(all_of(*from(From::after(at(4)))), "E ");
  EXPECT_EQ(all_of(*from(From::after(at(3)))), "C3 ");
}

TEST_P(SubscriptionContract, ACursorAtAnotherEventIsOfAnotherLog) {
  fill(3);
  EXPECT_EQ(all_of(*from(From::after(at(2, new_id())))), "E ");
  const Uuid id = whole_log(*store_)[1].id;
  ASSERT_TRUE(store_->truncate_stream("orders", "order-1", 3).ok());
  EXPECT_EQ(all_of(*from(From::after(at(2, id)))), "3 C3 ");  // removed: it cannot be compared
}

TEST_P(SubscriptionContract, ImpossibleOptionsAreRefused) {
  SubscriptionOptions options;
  options.credit = 0;
  EXPECT_EQ(Subscription::open(*store_, options).status().message(),
            "subscription: a credit of 0 events, 1 to 1000000 are possible; name another");
  options.credit = 1;
  options.partition = {2, 2};
  EXPECT_EQ(Subscription::open(*store_, options).status().message(),
            "subscription: partition 2 of 2 does not exist; they count from 0");
}

TEST_P(SubscriptionContract, ACommitWakesAWaitingReader) {
  auto s = from(From::end());
  EXPECT_EQ(text_of(**s->next(kNow)), "C0");
  std::string got;
  std::thread reader([&] { got = text_of(**s->next(kForever)); });
  fill(1);
  reader.join();
  EXPECT_EQ(got, "1");
}

TEST_P(SubscriptionContract, AGrantWakesAWaitingReader) {
  fill(2);
  SubscriptionOptions options;
  options.credit = 1;
  auto s = subscribe(options);
  EXPECT_EQ(text_of(**s->next(kNow)), "1");
  std::string got;
  std::thread reader([&] { got = text_of(**s->next(kForever)); });
  s->grant(1);
  reader.join();
  EXPECT_EQ(got, "2");
}

TEST_P(SubscriptionContract, CancelEndsAWaitingReaderAndEveryLaterCall) {
  auto s = from(From::end());
  EXPECT_EQ(text_of(**s->next(kNow)), "C0");
  absl::Status ended;
  std::thread reader([&] { ended = s->next(kForever).status(); });
  s->cancel();
  reader.join();
  EXPECT_EQ(ended.code(), absl::StatusCode::kCancelled);
  fill(1);
  EXPECT_EQ(s->next(kNow).status().code(), absl::StatusCode::kCancelled);
}

// Writers append while readers join at the beginning, at cursors and at the end: each sees every
// position from its own on, once, in order.
TEST_P(SubscriptionContract, ReadersThatJoinUnderLoadMissNothingAndSeeNothingTwice) {
  constexpr std::uint64_t kAppends = 200, kWriters = 4, kReaders = 6;
  std::vector<std::thread> threads;
  std::array<std::string, kReaders> trouble;
  for (std::uint64_t w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      for (std::uint64_t i = 0; i < kAppends; ++i) fill(1 + i % 3, "order-" + std::to_string(w));
    });
  }
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < kAppends; ++i) total += kWriters * (1 + i % 3);
  for (std::uint64_t r = 0; r < kReaders; ++r) {
    threads.emplace_back([&, r] {
      const std::uint64_t begin = store_->commits().head() * r / kReaders;
      SubscriptionOptions options;
      options.from = From::after(at(begin));
      options.credit = 1 + r * 40;
      auto s = subscribe(options);
      for (std::uint64_t position = begin; position < total;) {
        const auto next = s->next(kForever);
        const auto* event = std::get_if<StoredEvent>(&**next);
        if (event == nullptr) continue;
        if (event->position != ++position) trouble[r] += std::to_string(event->position) + " ";
        position = event->position;
        s->grant(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& t : trouble) EXPECT_EQ(t, "");
}

TEST_P(SubscriptionContract, AReaderThatStandsStillDelaysNoCommit) {
  SubscriptionOptions options;
  options.credit = 1;
  auto s = subscribe(options);
  for (int i = 0; i < 300; ++i) fill(1);  // answers without the reader ever calling
  EXPECT_EQ(info("order-1").version, 300u);
  EXPECT_EQ(all_of(*s), "1 ");
}

}  // namespace
}  // namespace composable::host::testing
