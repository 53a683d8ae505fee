// What could not be done and waits for people, on every store.
#include <gtest/gtest.h>

#include "events/dead_letters.hpp"
#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

using Status = DeadLetterStatus;

class DeadLetterContract : public EventStoreContract {
 protected:
  DeadLetterStore& letters() { return store_->dead_letters(); }
  DeadLetter letter(std::string source = "sums", std::string stream = "order-1") {
    DeadLetter l;
    l.id = new_id();
    l.source = std::move(source);
    l.position = 7;
    l.version = 3;
    l.stream = std::move(stream);
    l.event_id = new_id();
    l.error_class = "codec";
    l.error_message = "no field total";
    l.traceparent = "00-aa-bb-01";
    return l;
  }
  Uuid park(std::string source = "sums", std::string stream = "order-1") {
    const DeadLetter l = letter(std::move(source), std::move(stream));
    EXPECT_TRUE(letters().put(l).ok());
    return l.id;
  }
  absl::Status change(const Uuid& id, Status status, std::string reason = "") {
    return letters().change(id, {status, "user-7", std::move(reason)});
  }
  DeadLetter found(const Uuid& id) { return **letters().find(id); }
  std::string numbers(const DeadLetterFilter& filter, std::uint64_t after = 0,
                      std::size_t max = 100) {
    std::string text;
    const auto page = letters().list(filter, after, max);
    for (const DeadLetter& l : page->letters) text += std::to_string(l.number);
    return text + (page->more ? "+" : "");
  }
};

COMPOSABLE_FOR_EVERY_STORE(DeadLetterContract);

TEST_P(DeadLetterContract, WhatIsParkedIsFound) {
  DeadLetter l = letter();
  l.kind = DeadLetterKind::kEffect;
  l.payload = std::string("a\0b", 3);
  ASSERT_TRUE(letters().put(l).ok());
  const DeadLetter kept = found(l.id);
  EXPECT_EQ(kept.number, 1u);
  EXPECT_EQ(kept.kind, DeadLetterKind::kEffect);
  EXPECT_EQ(kept.source, "sums");
  EXPECT_EQ(kept.position, 7u);
  EXPECT_EQ(kept.version, 3u);
  EXPECT_EQ(kept.stream, "order-1");
  EXPECT_EQ(kept.event_id, l.event_id);
  EXPECT_EQ(kept.payload, l.payload);
  EXPECT_EQ(kept.error_class, "codec");
  EXPECT_EQ(kept.error_message, "no field total");
  EXPECT_EQ(kept.traceparent, "00-aa-bb-01");
  EXPECT_EQ(kept.attempts, 1u);
  EXPECT_EQ(kept.first_at_us, kept.last_at_us);
  EXPECT_EQ(kept.status, Status::kParked);
  EXPECT_EQ(kept.actor, "");
}

TEST_P(DeadLetterContract, AnUnknownIdHasNone) {
  EXPECT_FALSE(letters().find(new_id())->has_value());
}

TEST_P(DeadLetterContract, ARepeatedFailureIsAFurtherAttempt) {
  DeadLetter l = letter();
  ASSERT_TRUE(letters().put(l).ok());
  ASSERT_TRUE(change(l.id, Status::kReplaying).ok());
  l.error_message = "still no field total";
  ASSERT_TRUE(letters().put(l).ok());
  const DeadLetter kept = found(l.id);
  EXPECT_EQ(kept.attempts, 2u);
  EXPECT_EQ(kept.error_message, "still no field total");
  EXPECT_EQ(kept.status, Status::kParked);
  EXPECT_GE(kept.last_at_us, kept.first_at_us);
  EXPECT_EQ(numbers({}), "1");
}

TEST_P(DeadLetterContract, TheyAreListedInPagesInTheOrderOfArrival) {
  for (int i = 0; i < 5; ++i) park();
  EXPECT_EQ(numbers({}, 0, 2), "12+");
  EXPECT_EQ(letters().list({}, 0, 2)->next, 2u);
  EXPECT_EQ(numbers({}, 2, 2), "34+");
  EXPECT_EQ(numbers({}, 4, 2), "5");
  EXPECT_EQ(numbers({}, 5, 2), "");
  EXPECT_EQ(numbers({}, 3, 2), "45");
}

TEST_P(DeadLetterContract, TheyAreFiltered) {
  park("sums", "order-1");
  park("mails", "order-2");
  DeadLetter effect = letter("sums", "order-2");
  effect.kind = DeadLetterKind::kEffect;
  ASSERT_TRUE(letters().put(effect).ok());
  ASSERT_TRUE(change(effect.id, Status::kResolved).ok());
  EXPECT_EQ(numbers({{}, {}, "sums", ""}), "13");
  EXPECT_EQ(numbers({{}, {}, "", "order-2"}), "23");
  EXPECT_EQ(numbers({{}, {}, "sums", "order-2"}), "3");
  EXPECT_EQ(numbers({DeadLetterKind::kEffect, {}, "", ""}), "3");
  EXPECT_EQ(numbers({{}, Status::kParked, "", ""}), "12");
  EXPECT_EQ(numbers({{}, Status::kResolved, "", ""}), "3");
  EXPECT_EQ(numbers({{}, {}, "nobody", ""}), "");
}

TEST_P(DeadLetterContract, AChangeIsKeptWithWhoAndWhy) {
  const Uuid id = park();
  EXPECT_TRUE(change(id, Status::kReplaying).ok());
  EXPECT_EQ(found(id).status, Status::kReplaying);
  EXPECT_TRUE(change(id, Status::kDiscarded, "a test order").ok());
  EXPECT_EQ(found(id).status, Status::kDiscarded);
  EXPECT_EQ(found(id).actor, "user-7");
  EXPECT_EQ(found(id).reason, "a test order");
}

TEST_P(DeadLetterContract, DiscardingNeedsAReason) {
  const Uuid id = park();
  EXPECT_EQ(change(id, Status::kDiscarded).message(),
            "dead letter " + id.text() + ": it cannot be discarded without a reason; say why");
  EXPECT_EQ(found(id).status, Status::kParked);
}

TEST_P(DeadLetterContract, WhatIsSettledStaysSo) {
  const Uuid id = park();
  ASSERT_TRUE(change(id, Status::kResolved).ok());
  const std::string text =
      "dead letter " + id.text() + ": it is resolved, which stays so; put a new one";
  EXPECT_EQ(change(id, Status::kParked).message(), text);
  EXPECT_EQ(change(id, Status::kDiscarded, "why").message(), text);
  DeadLetter again = letter();
  again.id = id;
  EXPECT_EQ(letters().put(again).message(), text);
  EXPECT_EQ(found(id).attempts, 1u);
}

TEST_P(DeadLetterContract, AnUnknownOneCannotBeChanged) {
  const Uuid id = new_id();
  EXPECT_EQ(change(id, Status::kResolved).message(),
            "dead letter " + id.text() + ": there is none of this id; list them");
}

TEST_P(DeadLetterContract, TheyAreCountedByStatus) {
  const DeadLetterCounts none = *letters().counts();
  EXPECT_EQ(none.parked + none.replaying + none.resolved + none.discarded, 0u);
  EXPECT_EQ(none.oldest_open_us, 0);
  park();
  park();
  EXPECT_TRUE(change(park(), Status::kReplaying).ok());
  EXPECT_TRUE(change(park(), Status::kDiscarded, "why").ok());
  const DeadLetterCounts counts = *letters().counts();
  EXPECT_EQ(counts.parked, 2u);
  EXPECT_EQ(counts.replaying, 1u);
  EXPECT_EQ(counts.resolved, 0u);
  EXPECT_EQ(counts.discarded, 1u);
}

TEST_P(DeadLetterContract, TheAgeIsThatOfTheOldestOpenOne) {
  const Uuid first = park();
  while (system_clock().unix_micros() <= found(first).first_at_us) {
  }
  const Uuid second = park();
  const std::int64_t between = found(second).first_at_us - found(first).first_at_us;
  const std::int64_t both = letters().counts()->oldest_open_us;
  EXPECT_GE(both, between);
  ASSERT_TRUE(change(first, Status::kResolved).ok());
  ASSERT_TRUE(change(second, Status::kResolved).ok());
  EXPECT_EQ(letters().counts()->oldest_open_us, 0);
}

TEST_P(DeadLetterContract, FieldsHaveLimits) {
  DeadLetter l = letter();
  l.id = {};
  EXPECT_EQ(letters().put(l).message(), "dead letter: it has no id; make a version 7 UUID");
  EXPECT_EQ(letters().put(letter("")).message(),
            "dead letter: a source takes 1 to 255 bytes, found 0; shorten it");
  l = letter();
  l.payload.assign((1 << 20) + 1, 'x');
  EXPECT_EQ(letters().put(l).code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(DeadLetterContract, ALongErrorIsCutBetweenCharacters) {
  DeadLetter l = letter();
  l.error_message = std::string(kMaxErrorMessage - 1, 'x') + "\u00fc";
  ASSERT_TRUE(letters().put(l).ok());
  EXPECT_EQ(found(l.id).error_message, std::string(kMaxErrorMessage - 1, 'x'));
}

TEST_P(DeadLetterContract, WhenItIsFullTheOldestSettledOneMakesRoomOrItSaysSo) {
  const Uuid first = park();
  const Uuid second = park();
  for (std::size_t i = 2; i < kDeadLetters; ++i) ASSERT_TRUE(letters().put(letter()).ok());
  const absl::Status full = letters().put(letter());
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(full.message(),
            "dead letters: full, 30 are open of at most 30; replay or discard some");
  ASSERT_TRUE(change(second, Status::kResolved).ok());
  const Uuid added = park();
  EXPECT_TRUE(letters().find(first)->has_value());
  EXPECT_FALSE(letters().find(second)->has_value());
  EXPECT_EQ(found(added).number, kDeadLetters + 1);
  EXPECT_FALSE(letters().put(letter()).ok());
}

}  // namespace
}  // namespace composable::host::testing
