#include "bus/topics.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

namespace composable::host {
namespace {

struct TestListener final : TopicListener {
  std::vector<std::string> received;
  absl::Status answer;
  std::function<void()> meanwhile;

  absl::Status deliver(std::shared_ptr<const TopicMessage> message) override {
    if (meanwhile) meanwhile();
    if (answer.ok()) received.push_back(message->topic + " " + message->data);
    return answer;
  }
};

std::shared_ptr<const TopicMessage> message(std::string topic, std::string data = "{}") {
  auto made = std::make_shared<TopicMessage>();
  made->topic = std::move(topic);
  made->data = std::move(data);
  return made;
}

using Lines = std::vector<std::string>;

TEST(Topics, EverybodyWhoListensGetsWhatIsPublishedThereAndNothingElse) {
  TopicTable topics;
  const auto a = std::make_shared<TestListener>(), b = std::make_shared<TestListener>();
  topics.listen(a, {"x"});
  topics.listen(b, {"x", "y"});
  EXPECT_TRUE(topics.publish(message("x", "1")).ok());
  EXPECT_TRUE(topics.publish(message("y", "2")).ok());
  EXPECT_EQ(a->received, Lines{"x 1"});
  EXPECT_EQ(b->received, (Lines{"x 1", "y 2"}));
}

TEST(Topics, ATopicThatNobodyListensToIsNoFailureAndToldOnceUntilSomebodyHasListened) {
  TopicTable topics;
  const auto first = [&] {
    const Published published = topics.publish(message("x"));
    EXPECT_TRUE(published.ok());
    EXPECT_EQ(published.listeners, 0u);
    return published.first_without_listener;
  };
  EXPECT_TRUE(first());
  EXPECT_FALSE(first());
  const auto a = std::make_shared<TestListener>();
  topics.listen(a, {"x"});
  EXPECT_EQ(topics.publish(message("x")).taken, 1u);
  topics.leave(*a);
  EXPECT_TRUE(first());
  EXPECT_FALSE(first());
}

TEST(Topics, NamesOfTopicsThatNobodyListensToAreRememberedUpToABound) {
  TopicTable topics;
  std::size_t firsts = 0;
  for (std::size_t n = 0; n < 2 * TopicTable::kMaxWithoutListener; ++n) {
    firsts += topics.publish(message("x." + std::to_string(n))).first_without_listener ? 1 : 0;
  }
  EXPECT_EQ(firsts, TopicTable::kMaxWithoutListener);
}

TEST(Topics, WhoHasLeftHearsNothingMore) {
  TopicTable topics;
  const auto a = std::make_shared<TestListener>(), b = std::make_shared<TestListener>();
  topics.listen(a, {"x"});
  topics.listen(b, {"x"});
  topics.leave(*a);
  EXPECT_TRUE(topics.publish(message("x")).ok());
  EXPECT_TRUE(a->received.empty());
  EXPECT_EQ(b->received.size(), 1u);
}

// A domain says all its topics again when another generation of it takes its place.
TEST(Topics, WhatIsSaidAgainIsHeardOnceAndWhatIsNotSaidAgainNoMore) {
  TopicTable topics;
  const auto a = std::make_shared<TestListener>(), b = std::make_shared<TestListener>();
  topics.listen(a, {"x", "y"});
  topics.listen(b, {"x"});
  for (int again = 0; again < 3; ++again) topics.listen(a, {"x", "z"});
  for (const char* topic : {"x", "y", "z"}) EXPECT_TRUE(topics.publish(message(topic)).ok());
  EXPECT_EQ(a->received, (Lines{"x {}", "z {}"}));
  EXPECT_EQ(b->received, Lines{"x {}"});
  topics.listen(a, {});
  EXPECT_TRUE(topics.publish(message("x")).ok());
  EXPECT_EQ(a->received.size(), 2u);
}

TEST(Topics, WhoIsGoneIsPassedOver) {
  TopicTable topics;
  auto gone = std::make_shared<TestListener>();
  const auto stays = std::make_shared<TestListener>();
  topics.listen(gone, {"x"});
  topics.listen(stays, {"x"});
  gone.reset();
  EXPECT_TRUE(topics.publish(message("x")).ok());
  EXPECT_EQ(stays->received.size(), 1u);
}

TEST(Topics, OneWhoDoesNotTakeItKeepsItFromNobodyAndAllWhoDidNotAreNamed) {
  TopicTable topics;
  const auto a = std::make_shared<TestListener>(), b = std::make_shared<TestListener>(),
             c = std::make_shared<TestListener>();
  a->answer = absl::ResourceExhaustedError("a is full");
  c->answer = absl::UnavailableError("c is halted");
  for (const auto& listener : {a, b, c}) topics.listen(listener, {"x"});
  const Published published = topics.publish(message("x"));
  EXPECT_EQ(published.status.message(), "a is full; c is halted");
  EXPECT_EQ(published.listeners, 3u);
  EXPECT_EQ(published.taken, 1u);
  EXPECT_EQ(b->received.size(), 1u);
}

TEST(Topics, AListenerMayUseTheTableWhileItIsCalled) {
  TopicTable topics;
  const auto a = std::make_shared<TestListener>(), b = std::make_shared<TestListener>();
  topics.listen(a, {"x"});
  topics.listen(b, {"y"});
  a->meanwhile = [&] {
    EXPECT_TRUE(topics.publish(message("y")).ok());
    topics.leave(*a);
  };
  EXPECT_TRUE(topics.publish(message("x")).ok());
  EXPECT_TRUE(topics.publish(message("x")).ok());
  EXPECT_EQ(a->received.size(), 1u);
  EXPECT_EQ(b->received.size(), 1u);
}

TEST(Topics, SubscribingAndPublishingFromManyThreadsAtOnce) {
  struct Counting final : TopicListener {
    std::atomic<int> received{0};
    absl::Status deliver(std::shared_ptr<const TopicMessage>) override {
      received.fetch_add(1);
      return absl::OkStatus();
    }
  };
  TopicTable topics;
  const auto stays = std::make_shared<Counting>();
  topics.listen(stays, {"x"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int n = 0; n < 500; ++n) {
        if (t == 0) {
          const auto passing = std::make_shared<Counting>();
          topics.listen(passing, {"x"});
          topics.leave(*passing);
        } else {
          EXPECT_TRUE(topics.publish(message("x")).ok());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stays->received.load(), 1500);
}

}  // namespace
}  // namespace composable::host
