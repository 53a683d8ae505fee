#include "store/topic_port.hpp"

#include "composable/abi/topics.h"
#include "observe/log_capture.hpp"
#include "part_fixture.hpp"

namespace composable::host {
namespace {

class TopicPortTest : public PartTest {
 protected:
  TopicPortTest() {
    status_.serve();
    port_->watch(*domain_);
    port_->listen(port_, *domain_);
  }

  absl::Status publish(std::string topic, std::uint32_t hops = 1) {
    auto message = std::make_shared<TopicMessage>();
    message->topic = std::move(topic);
    message->domain = "elsewhere";
    message->data = "{\"text\":\"hi\"}";
    message->actor = "someone";
    message->hops = hops;
    return topics_.publish(message).status;
  }
  StagedEffect told(std::string topic) {
    StagedEffect effect = this->effect(StagedEffect::Kind::kPublish, std::move(topic),
                                       domain_->find_action("Told")->number);
    effect.data = "{\"text\":\"out\"}";
    return effect;
  }
  std::uint64_t counted(std::string_view result) {
    return registry_.value(kTopicDeliveriesTotal, {"probe", result});
  }

  std::shared_ptr<DomainHandle> domain_ = probe();
  StoreStatus status_{"probe", domain_};
  MetricsRegistry registry_;
  MetricCells cells_{&registry_, "probe"};
  Feedback feedback_;
  TopicTable topics_;
  std::shared_ptr<TopicPort> port_ =
      std::make_shared<TopicPort>("probe", TopicPort::Dependencies{.host = host_,
                                                                   .section = section_,
                                                                   .status = status_,
                                                                   .cells = cells_,
                                                                   .feedback = feedback_,
                                                                   .topics = &topics_,
                                                                   .clock = clock_,
                                                                   .rng = rng_,
                                                                   .mailbox = 4});
};

TEST_F(TopicPortTest, WhatIsDeliveredBeginsACauseThatKeepsItsLabels) {
  EXPECT_TRUE(publish("probe.told", 3).ok());
  EXPECT_TRUE(host_.fed_back.empty()) << "not inside the publisher";
  loop_.run();
  ASSERT_EQ(host_.fed_back.size(), 1u);
  EXPECT_EQ(host_.fed_back[0].type, domain_->find_action("Heard")->number);
  const Cause& cause = *host_.working[0]->cause;
  EXPECT_EQ(cause.meta.actor, "someone");
  EXPECT_EQ(cause.hops, 3u);
}

TEST_F(TopicPortTest, HowADeliveryEndsIsCounted) {
  const LogCapture log;
  EXPECT_TRUE(publish("probe.told").ok());
  EXPECT_TRUE(publish("probe.told").ok());
  loop_.run();
  host_.working[0]->cause->waiter->ended({.kind = Outcome::Kind::kSettled});
  const Refusal refusal = internal_error("the disk is gone");
  host_.working[1]->cause->waiter->ended({.kind = Outcome::Kind::kRefused, .refusal = &refusal});
  EXPECT_EQ(counted("handled"), 1u);
  EXPECT_EQ(counted("failed"), 1u);
  EXPECT_TRUE(log.contains("delivery_failed"));
  EXPECT_TRUE(log.contains("the disk is gone"));
}

TEST_F(TopicPortTest, DeliveriesThatFailAreAllCountedAndAFewLines) {
  const LogCapture log;
  const Refusal refusal = internal_error("the disk is gone");
  for (int n = 0; n < 50; ++n) {
    EXPECT_TRUE(publish("probe.told").ok());
    loop_.run();
    host_.working.back()->cause->waiter->ended(
        {.kind = Outcome::Kind::kRefused, .refusal = &refusal});
  }
  EXPECT_EQ(counted("failed"), 50u);
  EXPECT_LE(log.lines().size(), 10u);
}

TEST_F(TopicPortTest, EveryTopicIsHeardOnceHoweverOftenItListens) {
  for (int n = 0; n < 3; ++n) port_->listen(port_, *domain_);
  EXPECT_TRUE(publish("probe.told").ok());
  loop_.run();
  EXPECT_EQ(host_.fed_back.size(), 1u);
}

TEST_F(TopicPortTest, NothingIsDeliveredAfterItLeft) {
  port_->leave();
  EXPECT_TRUE(publish("probe.told").ok());
  loop_.run();
  EXPECT_TRUE(host_.fed_back.empty());
}

TEST_F(TopicPortTest, AHaltedDomainTakesNothing) {
  status_.halt("evolve failed");
  EXPECT_EQ(publish("probe.told").message(), "probe is halted");
  EXPECT_EQ(counted("refused"), 1u);
}

TEST_F(TopicPortTest, WhatWasTakenBeforeAHaltIsRefused) {
  EXPECT_TRUE(publish("probe.told").ok());
  status_.halt("evolve failed");
  loop_.run();
  EXPECT_TRUE(host_.fed_back.empty());
  EXPECT_EQ(host_.told, (Texts{"The domain probe is halted until it is reloaded", "settled"}));
}

TEST_F(TopicPortTest, AFullMailboxTakesNothing) {
  ASSERT_TRUE(section_.try_enter());
  for (int n = 0; n < 3; ++n) EXPECT_TRUE(publish("probe.told").ok());
  EXPECT_EQ(publish("probe.told").message(), "the mailbox of probe is full, at 4 items");
  EXPECT_EQ(counted("refused"), 1u);
  section_.drain();
}

TEST_F(TopicPortTest, PublishingGivesTheMessageTheLabelsOfItsCause) {
  struct TestListener final : TopicListener {
    std::shared_ptr<const TopicMessage> received;
    absl::Status deliver(std::shared_ptr<const TopicMessage> message) override {
      received = std::move(message);
      return absl::OkStatus();
    }
  };
  const auto listener = std::make_shared<TestListener>();
  topics_.listen(listener, {std::string("out")});
  Scope& root = scope();
  root.cause->meta.actor = "someone";
  root.cause->hops = 2;
  StagedEffect effect = told("out");
  port_->publish(effect, root, *domain_);
  ASSERT_NE(listener->received, nullptr);
  EXPECT_EQ(listener->received->type, "Told");
  EXPECT_EQ(listener->received->data, "{\"text\":\"out\"}");
  EXPECT_EQ(listener->received->actor, "someone");
  EXPECT_EQ(listener->received->hops, 3u);
  EXPECT_FALSE(listener->received->cause.is_nil());
  EXPECT_EQ(listener->received->cause, root.cause->meta.cause);
}

TEST_F(TopicPortTest, ACircleEnds) {
  Scope& root = scope();
  root.cause->hops = COMPOSABLE_TOPIC_MAX_HOPS;
  StagedEffect effect = told("out");
  port_->publish(effect, root, *domain_);
  ASSERT_EQ(host_.told.size(), 1u);
  EXPECT_NE(host_.told[0].find("publish to each other in a circle"), std::string::npos);
}

}  // namespace
}  // namespace composable::host
