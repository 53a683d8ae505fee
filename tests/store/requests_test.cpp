// How work from outside is taken, and what keeps it out: requests.hpp.
#include "store_fixture.hpp"

namespace composable::host {
namespace {

StoreOptions small() {
  StoreOptions options;
  options.mailbox = 4;
  options.flight = 2;
  return options;
}

class RequestsTest : public StoreTest {
 protected:
  RequestsTest() : StoreTest(small()) {}
};

TEST_F(RequestsTest, AFullFlightRefusesWorkFromOutside) {
  events_.shut();
  RecordingWaiter& first = waiter();
  RecordingWaiter& second = waiter();
  RecordingWaiter& third = waiter();
  send("Note", R"({"stream":"a","text":"1"})", &first);
  send("Note", R"({"stream":"a","text":"2"})", &second);
  send("Note", R"({"stream":"a","text":"3"})", &third);
  loop_.run();
  EXPECT_EQ(third.refusal.status, 503);
  EXPECT_EQ(third.refusal.message, "The domain is overloaded");
  EXPECT_EQ(store_->metrics().refused_overloaded, 1u);
  events_.open();
  loop_.run();
  EXPECT_EQ(first.kind, Outcome::Kind::kSettled);
  EXPECT_EQ(second.kind, Outcome::Kind::kSettled);
  EXPECT_EQ(texts("a"), (std::vector<std::string>{"1", "2"}));
}

TEST_F(RequestsTest, AFullMailboxRefusesBeforeAnythingRuns) {
  RecordingWaiter& refused = waiter();
  store_->read([&](const DomainHandle&) {
    for (int n = 0; n < 4; ++n) store_->read([](const DomainHandle&) {});
    send("Quiet", "{}", &refused);
  });
  loop_.run();
  EXPECT_EQ(refused.refusal.status, 503);
}

TEST_F(RequestsTest, WhatComesWhileTheDomainIsBusyRunsInTheSameTurn) {
  RecordingWaiter& later = waiter();
  store_->read([&](const DomainHandle&) {
    send("Quiet", "{}", &later);
    EXPECT_EQ(later.calls, 0);
  });
  EXPECT_EQ(later.kind, Outcome::Kind::kSettled);
}

TEST_F(RequestsTest, AStoreThatShutsDownSaysWhy) {
  store_->shutdown(0, "The host is moving");
  EXPECT_EQ(ask("Quiet", "{}").refusal.message, "The host is moving");
}

// The reply to GET "", the probe's route number 0.
struct ReadReply final : RouteReply {
  composable_response written{};
  Uuid epoch;
  std::optional<std::uint64_t> position;
  std::string body;
  bool ended = false;

  ReadReply() {
    written.struct_size = sizeof written;
    written.impl = this;
    written.body = [](composable_response* r, const void* data, size_t size) {
      static_cast<ReadReply*>(r->impl)->body.append(static_cast<const char*>(data), size);
      return COMPOSABLE_OK;
    };
  }
  composable_response& response() noexcept override { return written; }
  void rests_on(const Uuid& of, std::uint64_t at) noexcept override {
    epoch = of;
    position = at;
  }
  void finish() noexcept override { ended = true; }
  void refuse(const Refusal&) noexcept override { ended = true; }
};

TEST_F(RequestsTest, AReadIsToldThePositionOfTheStateItHasSeen) {
  const composable_request request{};
  ReadReply before, held, after;
  store_->call(0, request, {}, before);
  EXPECT_EQ(before.position, 0u) << "the domain has no event";
  EXPECT_EQ(before.epoch, events_.epoch());

  events_.shut();
  send("Note", R"({"stream":"a","text":"1"})");
  store_->call(0, request, {}, held);
  send("Note", R"({"stream":"a","text":"2"})");
  loop_.run();
  EXPECT_FALSE(held.ended);
  events_.open();
  loop_.run();
  EXPECT_TRUE(held.ended && held.body.starts_with(R"({"noted":1,)")) << held.body;
  EXPECT_EQ(held.position, 1u) << "of the first note, however far the log is by now";

  store_->call(0, request, {}, after);
  EXPECT_EQ(after.position, 2u);
  start();
  ReadReply restarted;
  store_->call(0, request, {}, restarted);
  EXPECT_EQ(restarted.position, 2u);
}

TEST_F(RequestsTest, APayloadThatCannotWaitIsRefusedAtOnce) {
  RecordingWaiter& refused = waiter();
  store_->read([&](const DomainHandle&) {
    store_->send(
        {store_->domain()->find_action("Note")->number, COMPOSABLE_FORM_NATIVE, nullptr, 0}, {},
        &refused);
    EXPECT_EQ(refused.calls, 1);
  });
  EXPECT_EQ(refused.kind, Outcome::Kind::kRefused);
}

}  // namespace
}  // namespace composable::host
