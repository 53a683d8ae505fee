// Two domains of one host and the topics between them: the probe publishes and hears, and so does
// the listener.
#include <atomic>
#include <thread>

#include "listener.hpp"
#include "observe/log_capture.hpp"
#include "store_fixture.hpp"

namespace composable::host {
namespace {

using Kind = Outcome::Kind;
using Texts = std::vector<std::string>;

class TopicsTest : public StoreTest {
 protected:
  TopicsTest() { add_listener(); }
  ~TopicsTest() override {
    other_.reset();
    loop_.run();
  }

  static DomainHandle listener() {
    absl::StatusOr<DomainHandle> domain =
        DomainHandle::inspect(&domain_table<listening::Listener>());
    EXPECT_TRUE(domain.ok()) << domain.status();
    EXPECT_TRUE(domain->create(nullptr, "{}").ok());
    return *std::move(domain);
  }
  void add_listener(StoreOptions options = {}, bool replayed = true) {
    other_.reset();
    other_ = std::make_unique<Store>(listener(), environment(), options);
    if (!replayed) return;
    ASSERT_TRUE(other_->replay().ok());
    loop_.run();
  }
  // The texts that the listener keeps when everything has run.
  Texts kept() {
    loop_.run();
    Texts out;
    other_->read([&](const DomainHandle& d) {
      const auto& state = glue::instance<listening::Listener>(d.state()).state;
      for (const listening::Kept& one : state.kept) out.push_back(one.text);
    });
    return out;
  }
  listening::Kept last_kept() {
    loop_.run();
    listening::Kept out;
    other_->read([&](const DomainHandle& d) {
      const auto& state = glue::instance<listening::Listener>(d.state()).state;
      if (!state.kept.empty()) out = state.kept.back();
    });
    return out;
  }
  void ask_listener(std::string_view text) {
    const std::string json = "{\"text\":\"" + std::string(text) + "\"}";
    other_->send({other_->domain()->find_action("Answer")->number, COMPOSABLE_FORM_JSON,
                  json.data(), json.size()},
                 {});
  }
  std::uint64_t deliveries(const char* domain, const char* result) {
    return metrics_.value(kTopicDeliveriesTotal, {domain, result});
  }

  std::unique_ptr<Store> other_;
};

TEST_F(TopicsTest, TheCauseSettlesWithoutWaitingAndTheOtherDomainHears) {
  RecordingWaiter& w = waiter();
  send("Publish", R"({"topic":"probe.told","text":"hi"})", &w);
  EXPECT_EQ(w.kind, Kind::kSettled);
  EXPECT_EQ(other_->health().mailbox, 1u);
  EXPECT_EQ(deliveries("listener", "handled"), 0u);
  EXPECT_EQ(kept(), Texts{"hi"});
  EXPECT_EQ(deliveries("listener", "handled"), 1u);
}

TEST_F(TopicsTest, ThePublisherHearsItselfWhenItListens) {
  ask("Publish", R"({"topic":"probe.told","text":"hi"})");
  loop_.run();
  EXPECT_EQ(texts("heard"), Texts{"hi"});
}

TEST_F(TopicsTest, FieldsThatAreNotKnownAreLeftOutAndMissingOnesTakeTheirDefaults) {
  ask("Publish", R"({"topic":"probe.told","text":"hi"})");  // `topic` goes with it, `tone` does not
  EXPECT_EQ(last_kept().tone, "even");
}

TEST_F(TopicsTest, WhoCausedItAndItsCorrelationComeAlong) {
  const Uuid correlation = Uuid::v7(1'700'000'000'000'000, rng_);
  send("Publish", R"({"topic":"probe.told","text":"hi"})", nullptr, {"ann", correlation, 7});
  EXPECT_EQ(last_kept().actor, "ann");
  EXPECT_EQ(last_kept().correlation_id, correlation.text());
}

TEST_F(TopicsTest, WhatFollowsInTheLogNamesTheCauseOfThePublisher) {
  send("Publish", R"({"topic":"probe.told","text":"hi","stream":"s"})", nullptr, {"ann", {}, 0});
  loop_.run();
  const auto published = events_.read_stream("probe", "s", 1, Direction::kForward, 1);
  const auto heard = events_.read_stream("probe", "heard", 1, Direction::kForward, 1);
  ASSERT_EQ(published->events.size(), 1u);
  ASSERT_EQ(heard->events.size(), 1u);
  EXPECT_FALSE(heard->events[0].meta.cause.is_nil());
  EXPECT_EQ(heard->events[0].meta.cause, published->events[0].meta.cause);
  EXPECT_EQ(heard->events[0].meta.actor, "ann");
}

TEST_F(TopicsTest, ATopicThatNobodyListensToIsFine) {
  EXPECT_EQ(ask("Publish", R"({"topic":"nobody","text":"hi"})").kind, Kind::kSettled);
  EXPECT_EQ(store_->metrics().effect_failures, 0u);
}

TEST_F(TopicsTest, ANameThatIsNoneFailsTheCommandAndIsSaid) {
  const Refusal refusal = ask("Publish", R"({"topic":"No Topic","text":"hi"})").refusal;
  EXPECT_EQ(refusal.status, 500);
  EXPECT_EQ(refusal.message, "An internal error occurred");
  EXPECT_NE(refusal.detail.find("publish Told: the topic"), std::string::npos) << refusal.detail;
}

TEST_F(TopicsTest, BesideAnAppendItGoesWhenThatIsDurable) {
  events_.shut();
  send("Publish", R"({"topic":"probe.told","text":"hi","stream":"s"})");
  EXPECT_TRUE(kept().empty());
  events_.open();
  EXPECT_EQ(kept(), Texts{"hi"});
}

TEST_F(TopicsTest, BesideAnAppendThatFailsItIsDropped) {
  events_.shut();
  send("Publish", R"({"topic":"probe.told","text":"hi","stream":"s"})");
  events_.fail_one(AppendCode::kUnavailable);
  events_.open();
  EXPECT_TRUE(kept().empty());
}

TEST_F(TopicsTest, OnePublishersOrderIsKept) {
  ask("PublishAll", R"({"topic":"probe.told","n":5})");
  EXPECT_EQ(kept(), (Texts{"1", "2", "3", "4", "5"}));
}

TEST_F(TopicsTest, ObserversSeeWhatArrivedAsAnyActionOfAnEffect) {
  const auto subscriber = other_->subscribe_actions();
  ask("Publish", R"({"topic":"probe.told","text":"hi"})");
  loop_.run();
  EXPECT_EQ(observed(*subscriber), (Texts{"Hear", "Kept"}));
}

TEST_F(TopicsTest, ATopicMayBeAnsweredOnAnother) {
  ask("Publish", R"({"topic":"listener.asked","text":"you?"})");
  EXPECT_EQ(kept(), Texts{"re: you?"});
  EXPECT_EQ(texts("heard"), Texts{"re: you?"});
}

TEST_F(TopicsTest, AFullMailboxRefusesAndThePublisherIsTold) {
  add_listener({.mailbox = 2});
  LogCapture log;
  RecordingWaiter& w = ask("PublishAll", R"({"topic":"probe.told","n":3})");
  EXPECT_EQ(w.refusal.status, 500);
  EXPECT_EQ(store_->metrics().effect_failures, 1u);
  EXPECT_EQ(metrics_.value(kEffectFailuresTotal, {"probe", "publish"}), 1u);
  EXPECT_EQ(metrics_.value(kEffectsTotal, {"probe", "publish"}), 3u);
  EXPECT_EQ(other_->metrics().refused_overloaded, 1u);
  EXPECT_EQ(deliveries("listener", "refused"), 1u);
  EXPECT_TRUE(log.contains("publish probe.told"));
  EXPECT_TRUE(log.contains("the mailbox of listener is full, at 2 items"));
  EXPECT_EQ(kept(), (Texts{"1", "2"}));
}

TEST_F(TopicsTest, ACircleEndsAfterSixteenHops) {
  LogCapture log;
  ask("Publish", R"({"topic":"probe.circle","text":"round"})");
  loop_.run();
  EXPECT_EQ(metrics_.value(kEffectsTotal, {"probe", "publish"}), 17u);
  EXPECT_EQ(deliveries("probe", "handled"), 15u);
  EXPECT_EQ(deliveries("probe", "failed"), 1u);
  EXPECT_EQ(store_->metrics().effect_failures, 1u);
  EXPECT_TRUE(
      log.contains("it follows from 16 topics one after the other; look for domains that "
                   "publish to each other in a circle"));
  EXPECT_EQ(store_->health().causes, 0u);
}

TEST_F(TopicsTest, AListenerThatFailsIsCountedAndNamedAndThePublisherIsNot) {
  LogCapture log;
  EXPECT_EQ(ask("Publish", R"({"topic":"probe.told","text":"crash"})").kind, Kind::kSettled);
  loop_.run();
  EXPECT_EQ(deliveries("listener", "failed"), 1u);
  EXPECT_EQ(store_->metrics().effect_failures, 0u);
  EXPECT_TRUE(log.contains("delivery_failed"));
  EXPECT_TRUE(log.contains("the listener was told to crash"));
}

TEST_F(TopicsTest, ARejectionIsAnAnswerAndNoFailure) {
  ask("Publish", R"({"topic":"probe.told","text":"quiet"})");
  loop_.run();
  EXPECT_EQ(deliveries("listener", "handled"), 1u);
  EXPECT_EQ(deliveries("listener", "failed"), 0u);
}

TEST_F(TopicsTest, WhatCannotBeReadFailsWithItsPlace) {
  LogCapture log;
  const auto unreadable = std::make_shared<TopicMessage>();
  unreadable->topic = "probe.told";
  unreadable->data = R"({"text":7})";
  EXPECT_TRUE(topics_.publish(unreadable).ok());
  loop_.run();
  EXPECT_EQ(deliveries("listener", "failed"), 1u);
  EXPECT_TRUE(log.contains("path=text")) << testing::PrintToString(log.lines());
}

TEST_F(TopicsTest, AHaltedListenerRefusesAndTheOthersHear) {
  append_behind_the_store("s", "Poisoned", "{}");
  start();
  LogCapture log;
  ask_listener("you?");
  EXPECT_EQ(kept(), Texts{"re: you?"});
  EXPECT_EQ(other_->metrics().effect_failures, 1u);
  EXPECT_EQ(deliveries("probe", "refused"), 1u);
  EXPECT_TRUE(log.contains("probe is halted"));
}

TEST_F(TopicsTest, WhatWaitsInTheMailboxOfADomainThatHaltsFails) {
  events_.shut();
  send("Note", R"({"stream":"s","text":"lost"})");
  append_behind_the_store("p", "Poisoned", "{}");
  events_.fail_one(AppendCode::kConflict);  // so the state is made anew from all of the log
  events_.open();
  ask_listener("you?");
  recover();
  EXPECT_TRUE(store_->health().halted);
  EXPECT_EQ(deliveries("probe", "failed"), 1u);
  EXPECT_EQ(deliveries("probe", "refused"), 0u);
  EXPECT_EQ(store_->health().causes, 0u);
}

TEST_F(TopicsTest, ADomainHearsEachMessageOnceAfterManyReloads) {
  for (int reload = 0; reload < 3; ++reload) {
    const auto swapped = other_->replace(std::make_shared<DomainHandle>(listener()));
    ASSERT_TRUE(swapped.ok()) << swapped.status();
    loop_.run();
  }
  ask("Publish", R"({"topic":"probe.told","text":"once"})");
  EXPECT_EQ(kept(), Texts{"once"});
  EXPECT_EQ(deliveries("listener", "handled"), 1u);
}

TEST_F(TopicsTest, ADomainThatIsGoneIsUnsubscribed) {
  other_.reset();
  EXPECT_EQ(ask("Publish", R"({"topic":"probe.told","text":"hi"})").kind, Kind::kSettled);
  EXPECT_EQ(store_->metrics().effect_failures, 0u);
}

TEST_F(TopicsTest, WhatIsPublishedWhileADomainStartsWaitsForItsState) {
  add_listener({}, false);
  ask("Publish", R"({"topic":"probe.told","text":"early"})");
  loop_.run();
  EXPECT_EQ(other_->health().mailbox, 2u);  // its opening, and this
  ASSERT_TRUE(other_->replay().ok());
  EXPECT_EQ(kept(), Texts{"early"});
}

TEST_F(TopicsTest, AShutdownFinishesWhatOthersStillPublish) {
  std::atomic<bool> stopped{false};
  std::thread stops([&] {
    EXPECT_EQ(other_->shutdown(20'000'000), 0u);
    stopped = true;
    loop_.post([] {});
  });
  EXPECT_TRUE(loop_.run_until([&] { return stopped.load(); }));
  stops.join();
  ask("Publish", R"({"topic":"probe.told","text":"late"})");
  EXPECT_EQ(kept(), Texts{"late"});
}

}  // namespace
}  // namespace composable::host
