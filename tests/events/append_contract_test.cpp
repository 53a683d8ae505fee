// What an append may and may not do, on every store.
#include <gtest/gtest.h>

#include "events/append_rules.hpp"
#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

class AppendContract : public EventStoreContract {};

COMPOSABLE_FOR_EVERY_STORE(AppendContract);

TEST_P(AppendContract, TheFirstEventHasPositionOneAndVersionOne) {
  const AppendResult result = append(to("order-1", Expected::kAny));
  EXPECT_EQ(result.code, AppendCode::kOk);
  EXPECT_EQ(result.first_position, 1u);
  EXPECT_EQ(result.first_versions, std::vector<std::uint64_t>{1});
}

TEST_P(AppendContract, SeveralEventsOfOneRequestFollowEachOther) {
  append(to("order-1", Expected::kAny, 2));
  const AppendResult result = append(to("order-1", Expected::kAny, 3));
  EXPECT_EQ(result.first_position, 3u);
  EXPECT_EQ(result.first_versions, std::vector<std::uint64_t>{3});
  EXPECT_EQ(info("order-1").version, 5u);
  EXPECT_EQ(info("order-1").last_position, 5u);
}

TEST_P(AppendContract, EverythingAboutAnEventComesBack) {
  auto r = request({to("order-1", Expected::kAny)});
  r->recorded_at_us = 1'234'567'890'123'456;
  r->meta = {new_id(), new_id(), "user-7", "00-aa-bb-01"};
  const NewEvent written = r->streams[0].events[0];
  const EventMeta meta = r->meta;
  append(std::move(r));
  const StoredEvent read = whole_log(*store_).at(0);
  EXPECT_EQ(read.position, 1u);
  EXPECT_EQ(read.version, 1u);
  EXPECT_EQ(read.stream, "order-1");
  EXPECT_EQ(read.id, written.id);
  EXPECT_EQ(read.type, "Happened");
  EXPECT_EQ(read.data, written.data);
  EXPECT_EQ(read.recorded_at_us, 1'234'567'890'123'456);
  EXPECT_EQ(read.meta.correlation, meta.correlation);
  EXPECT_EQ(read.meta.cause, meta.cause);
  EXPECT_EQ(read.meta.actor, "user-7");
  EXPECT_EQ(read.meta.traceparent, "00-aa-bb-01");
}

TEST_P(AppendContract, BytesOfAnEventAreKeptAsWritten) {
  StreamAppend s = to("order-1", Expected::kAny);
  s.events[0].data = std::string("\0\xff\"\n{", 5);
  append(std::move(s));
  EXPECT_EQ(whole_log(*store_).at(0).data, std::string("\0\xff\"\n{", 5));
}

TEST_P(AppendContract, AnEmptyPayloadIsKept) {
  StreamAppend s = to("order-1", Expected::kAny);
  s.events[0].data.clear();
  EXPECT_EQ(append(std::move(s)).code, AppendCode::kOk);
  EXPECT_EQ(whole_log(*store_).at(0).data, "");
}

TEST_P(AppendContract, NoneHoldsForANewStreamOnly) {
  EXPECT_EQ(append(to("order-1", Expected::kNone)).code, AppendCode::kOk);
  const AppendResult second = append(to("order-1", Expected::kNone));
  EXPECT_EQ(second.code, AppendCode::kConflict);
  EXPECT_EQ(second.actual_version, 1u);
}

TEST_P(AppendContract, ExistsHoldsForAKnownStreamOnly) {
  const AppendResult first = append(to("order-1", Expected::kExists));
  EXPECT_EQ(first.code, AppendCode::kConflict);
  EXPECT_EQ(first.actual_version, 0u);
  append(to("order-1", Expected::kAny));
  EXPECT_EQ(append(to("order-1", Expected::kExists)).code, AppendCode::kOk);
}

TEST_P(AppendContract, ExactHoldsForThatVersionOnly) {
  EXPECT_EQ(append(to_exactly("order-1", 0)).code, AppendCode::kOk);
  EXPECT_EQ(append(to_exactly("order-1", 1)).code, AppendCode::kOk);
  const AppendResult behind = append(to_exactly("order-1", 1));
  EXPECT_EQ(behind.code, AppendCode::kConflict);
  EXPECT_EQ(behind.actual_version, 2u);
  const AppendResult ahead = append(to_exactly("order-1", 3));
  EXPECT_EQ(ahead.code, AppendCode::kConflict);
  EXPECT_EQ(ahead.actual_version, 2u);
}

TEST_P(AppendContract, AnyAlwaysHolds) {
  EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kOk);
  EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kOk);
}

TEST_P(AppendContract, SeenHoldsWhileTheStreamHasNothingAboveThePosition) {
  EXPECT_EQ(append(to_seen("order-1", 0)).code, AppendCode::kOk);          // position 1
  EXPECT_EQ(append(to("order-2", Expected::kAny)).code, AppendCode::kOk);  // position 2
  EXPECT_EQ(append(to_seen("order-1", 1)).code, AppendCode::kOk);          // position 3
  const AppendResult stale = append(to_seen("order-1", 2));
  EXPECT_EQ(stale.code, AppendCode::kConflict);
  EXPECT_EQ(stale.actual_version, 2u);
  EXPECT_EQ(append(to_seen("order-1", 3)).code, AppendCode::kOk);
}

TEST_P(AppendContract, SeenHoldsWhenOthersWroteAfterwards) {
  append(to("order-1", Expected::kAny));
  append(to("order-2", Expected::kAny, 5));
  EXPECT_EQ(append(to_seen("order-1", 1)).code, AppendCode::kOk);
}

TEST_P(AppendContract, AConflictWritesNothing) {
  append(to("order-1", Expected::kAny));
  append(to("order-1", Expected::kNone, 3));
  EXPECT_EQ(whole_log(*store_).size(), 1u);
  EXPECT_EQ(append(to("order-1", Expected::kAny)).first_position, 2u);
}

TEST_P(AppendContract, AConflictSaysWhatItFoundAndWhatToDo) {
  append(to("order-1", Expected::kAny, 4));
  EXPECT_EQ(append(to("order-1", Expected::kNone)).message,
            "append: stream order-1 is at version 4, which is not what was expected; decide again "
            "on its present state");
}

TEST_P(AppendContract, OneRequestWritesSeveralStreamsInTheirOrder) {
  const AppendResult result =
      append(request({to("order-1", Expected::kNone, 2), to("stock-1", Expected::kNone, 1),
                      to("order-2", Expected::kNone, 2)}));
  EXPECT_EQ(result.first_position, 1u);
  EXPECT_EQ(result.first_versions, (std::vector<std::uint64_t>{1, 1, 1}));
  std::vector<std::string> streams;
  for (const StoredEvent& e : whole_log(*store_)) streams.push_back(e.stream);
  EXPECT_EQ(streams,
            (std::vector<std::string>{"order-1", "order-1", "stock-1", "order-2", "order-2"}));
}

TEST_P(AppendContract, OneConflictKeepsAllStreamsOfTheRequestOut) {
  append(to("stock-1", Expected::kAny));
  const AppendResult result =
      append(request({to("order-1", Expected::kNone), to("stock-1", Expected::kNone)}));
  EXPECT_EQ(result.code, AppendCode::kConflict);
  EXPECT_EQ(result.stream_index, 1u);
  EXPECT_EQ(result.actual_version, 1u);
  EXPECT_EQ(info("order-1").version, 0u);
  EXPECT_EQ(append(to("order-1", Expected::kNone)).code, AppendCode::kOk);
}

TEST_P(AppendContract, AGuardStreamLetsOneOfTwoThrough) {
  const auto register_user = [&](std::string user) {
    return append(request({to(std::move(user), Expected::kNone, 1, "Registered"),
                           to("email-5d41402a", Expected::kNone, 1, "Claimed")}));
  };
  EXPECT_EQ(register_user("user-1").code, AppendCode::kOk);
  const AppendResult second = register_user("user-2");
  EXPECT_EQ(second.code, AppendCode::kConflict);
  EXPECT_EQ(second.stream_index, 1u);
  EXPECT_EQ(info("user-2").version, 0u);
}

TEST_P(AppendContract, ARepeatedRequestFindsItsFirstResult) {
  append(to("other", Expected::kAny, 3));
  auto first = request({to("order-1", Expected::kNone, 2), to("stock-1", Expected::kAny)});
  auto second = again(*first);
  const AppendResult written = append(std::move(first));
  append(to("order-1", Expected::kAny));
  const AppendResult repeated = append(std::move(second));
  EXPECT_EQ(repeated.code, AppendCode::kDuplicate);
  EXPECT_EQ(repeated.first_position, written.first_position);
  EXPECT_EQ(repeated.first_versions, written.first_versions);
  EXPECT_EQ(whole_log(*store_).size(), 7u);
}

TEST_P(AppendContract, ADuplicateIsToldBeforeTheConflictItWouldBe) {
  auto first = request({to_exactly("order-1", 0)});
  auto second = again(*first);
  append(std::move(first));
  EXPECT_EQ(append(std::move(second)).code, AppendCode::kDuplicate);
}

TEST_P(AppendContract, ADuplicateWritesNoTimers) {
  auto first = request({to("order-1", Expected::kAny)});
  auto second = again(*first);
  second->timers = {timer("t", 1)};
  append(std::move(first));
  append(std::move(second));
  EXPECT_TRUE(store_->load_timers("orders")->empty());
}

TEST_P(AppendContract, AnOldIdIsFoundAmongNewerOnes) {
  auto first = request({to("order-1", Expected::kAny)});
  auto second = again(*first);
  append(std::move(first));
  for (int i = 0; i < 20; ++i) append(to("order-2", Expected::kAny));
  EXPECT_EQ(append(std::move(second)).code, AppendCode::kDuplicate);
}

TEST_P(AppendContract, AnIdOlderThanAllOthersIsStillNew) {
  append(to("order-1", Expected::kAny));
  StreamAppend s = to("order-2", Expected::kAny);
  s.events[0].id.bytes = {1};
  EXPECT_EQ(append(std::move(s)).code, AppendCode::kOk);
}

TEST_P(AppendContract, ARequestThatIsHalfKnownIsInvalid) {
  auto first = request({to("order-1", Expected::kAny)});
  auto second = again(*first);
  append(std::move(first));
  second->streams[0].events.push_back({new_id(), "Happened", "{}"});
  const AppendResult result = append(std::move(second));
  EXPECT_EQ(result.code, AppendCode::kInvalid);
  EXPECT_NE(result.message.find("is already at position 1, but not all of this request is"),
            std::string::npos)
      << result.message;
}

TEST_P(AppendContract, AKnownIdInAnotherStreamIsInvalid) {
  auto first = request({to("order-1", Expected::kAny)});
  auto second = again(*first);
  append(std::move(first));
  second->streams[0].stream = "order-2";
  EXPECT_EQ(append(std::move(second)).code, AppendCode::kInvalid);
  EXPECT_EQ(info("order-2").version, 0u);
}

TEST_P(AppendContract, WhomAnEventIsForIsKept) {
  StreamAppend s = to("order-1", Expected::kAny, 4);
  s.events[1].audience = Audience::kPrivate;
  s.events[2].audience = Audience::kPublic;
  s.events[3].audience = Audience::kUser;
  s.events[3].user = "user-7";
  append(std::move(s));
  const auto events = whole_log(*store_);
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0].audience, Audience::kUnknown);
  EXPECT_EQ(events[0].user, "");
  EXPECT_EQ(events[1].audience, Audience::kPrivate);
  EXPECT_EQ(events[2].audience, Audience::kPublic);
  EXPECT_EQ(events[2].user, "");
  EXPECT_EQ(events[3].audience, Audience::kUser);
  EXPECT_EQ(events[3].user, "user-7");
}

TEST_P(AppendContract, AUserThatIsTooLongIsInvalid) {
  StreamAppend s = to("order-1", Expected::kAny);
  s.events[0].user.assign(1025, 'u');
  const AppendResult result = append(std::move(s));
  EXPECT_EQ(result.code, AppendCode::kInvalid);
  EXPECT_EQ(result.message,
            "append: the user of event Happened takes at most 1024 bytes, found 1025; shorten it");
}

TEST_P(AppendContract, ARequestWithNothingToWriteIsInvalid) {
  const AppendResult result = append(request({}));
  EXPECT_EQ(result.code, AppendCode::kInvalid);
  EXPECT_EQ(result.message, "append: nothing to write; name a stream or a timer");
}

TEST_P(AppendContract, AStreamWithoutEventsIsInvalid) {
  const AppendResult result = append(to("order-1", Expected::kAny, 0));
  EXPECT_EQ(result.code, AppendCode::kInvalid);
  EXPECT_EQ(result.message, "append: stream order-1 has no events; append at least one");
}

TEST_P(AppendContract, AStreamNamedTwiceIsInvalid) {
  const AppendResult result =
      append(request({to("order-1", Expected::kAny), to("order-1", Expected::kAny)}));
  EXPECT_EQ(result.code, AppendCode::kInvalid);
  EXPECT_EQ(result.message, "append: stream order-1 is named twice; put its events into one entry");
}

TEST_P(AppendContract, AnIdUsedTwiceInOneRequestIsInvalid) {
  StreamAppend s = to("order-1", Expected::kAny, 2);
  s.events[1].id = s.events[0].id;
  EXPECT_EQ(append(std::move(s)).code, AppendCode::kInvalid);
}

TEST_P(AppendContract, ANilIdIsInvalid) {
  StreamAppend s = to("order-1", Expected::kAny);
  s.events[0].id = {};
  EXPECT_EQ(append(std::move(s)).message,
            "append: event Happened has no id; make a version 7 UUID");
}

TEST_P(AppendContract, DataOfOneMebibyteIsKeptAndOneByteMoreIsInvalid) {
  StreamAppend s = to("order-1", Expected::kAny);
  s.events[0].data.assign(kMaxEventData, 'x');
  EXPECT_EQ(append(std::move(s)).code, AppendCode::kOk);
  s = to("order-1", Expected::kAny);
  s.events[0].data.assign(kMaxEventData + 1, 'x');
  const AppendResult result = append(std::move(s));
  EXPECT_EQ(result.code, AppendCode::kInvalid);
  EXPECT_EQ(result.message,
            "append: event Happened has 1048577 bytes of data, at most 1048576 are kept; store it "
            "elsewhere and append a reference");
  EXPECT_EQ(info("order-1").version, 1u);
}

TEST_P(AppendContract, NamesHaveOneTo255Bytes) {
  const std::string longest(255, 'n'), longer(256, 'n');
  EXPECT_EQ(append(to(longest, Expected::kAny, 1, longest), longest).code, AppendCode::kOk);
  EXPECT_EQ(append(to(longer, Expected::kAny)).code, AppendCode::kInvalid);
  EXPECT_EQ(append(to("", Expected::kAny)).code, AppendCode::kInvalid);
  EXPECT_EQ(append(to("order-1", Expected::kAny, 1, longer)).code, AppendCode::kInvalid);
  EXPECT_EQ(append(to("order-1", Expected::kAny, 1, "")).code, AppendCode::kInvalid);
  EXPECT_EQ(append(to("order-1", Expected::kAny), longer).code, AppendCode::kInvalid);
  EXPECT_EQ(append(to("order-1", Expected::kAny), "").message,
            "append: a domain needs 1 to 255 bytes, found 0; choose another name");
}

TEST_P(AppendContract, TooManyEventsInOneRequestAreInvalid) {
  EXPECT_EQ(append(to("order-1", Expected::kAny, kMaxRequestEvents)).code, AppendCode::kOk);
  EXPECT_EQ(append(to("order-1", Expected::kAny, kMaxRequestEvents + 1)).code,
            AppendCode::kInvalid);
}

TEST_P(AppendContract, TooManyBytesInOneRequestAreInvalid) {
  StreamAppend s = to("order-1", Expected::kAny, 17);
  for (NewEvent& event : s.events) event.data.assign(kMaxEventData, 'x');
  EXPECT_EQ(append(std::move(s)).code, AppendCode::kInvalid);
}

TEST_P(AppendContract, AnActorThatIsTooLongIsInvalid) {
  auto r = request({to("order-1", Expected::kAny)});
  r->meta.actor.assign(kMaxMeta + 1, 'a');
  EXPECT_EQ(append(std::move(r)).code, AppendCode::kInvalid);
}

TEST_P(AppendContract, AnInvalidRequestSaysWhichStreamItIs) {
  const AppendResult result =
      append(request({to("order-1", Expected::kAny), to("order-2", Expected::kAny, 0)}));
  EXPECT_EQ(result.code, AppendCode::kInvalid);
  EXPECT_EQ(result.stream_index, 1u);
}

TEST_P(AppendContract, StatisticsCountWhatWasWritten) {
  append(to("order-1", Expected::kAny, 3));
  append(to("order-1", Expected::kNone));
  append(to("order-2", Expected::kAny));
  const EventStoreStats stats = store_->stats();
  EXPECT_EQ(stats.head, 4u);
  EXPECT_EQ(stats.appends, 2u);
  EXPECT_EQ(stats.events, 4u);
  EXPECT_EQ(stats.commits, 2u);
  EXPECT_EQ(stats.queued_requests, 0u);
  EXPECT_EQ(stats.queued_bytes, 0u);
}

TEST_P(AppendContract, AHealthyStoreSaysSo) { EXPECT_TRUE(store_->health().ok()); }

TEST_P(AppendContract, AfterShutdownAppendsAreRefused) {
  append(to("order-1", Expected::kAny));
  store_->shutdown();
  EXPECT_FALSE(store_->health().ok());
  const AppendResult result = append(to("order-1", Expected::kAny));
  EXPECT_EQ(result.code, AppendCode::kShuttingDown);
  EXPECT_NE(result.message.find("the store is shutting down; try again later"), std::string::npos);
  EXPECT_EQ(whole_log(*store_).size(), 1u);
  store_->shutdown();
}

}  // namespace
}  // namespace composable::host::testing
