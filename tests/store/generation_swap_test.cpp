// One generation of a domain takes the place of another while it serves: numbers stay, state is
// what the successor makes of the log, and what was under way goes on.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "composable/plugin.hpp"
#include "generations.hpp"

namespace composable::host {
namespace {

struct Add {
  static constexpr auto kind = composable::command().ws();
  std::int64_t by = 0;
};
struct Later {  // adds after a second, by a delay that is stored
  static constexpr auto kind = composable::command().ws();
  std::int64_t by = 0;
};
struct Added {
  static constexpr auto kind = composable::event().is_public();
  std::int64_t by = 0;
};
struct Old {  // only the first generation knows it
  static constexpr auto kind = composable::command().ws();
};
struct Doubled {  // only the second generation knows it
  static constexpr auto kind = composable::event().is_public();
};
struct Double {
  static constexpr auto kind = composable::command().ws();
};

struct State {
  std::int64_t total = 0;
};

constexpr auto kTotal = [](const State& s, const auto&...) { return s; };

struct First {
  static constexpr auto kName = "tally";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::durable;
  using State = host::State;
  using Action = std::variant<Add, Old, Later, Added>;
  using Effects = composable::Effects<First>;
  using Context = composable::Context;

  static Effects decide(const State&, const Add& c, const Context&) {
    return composable::append("tally", Added{c.by});
  }
  static Effects decide(const State&, const Old&, const Context&) {
    return composable::append("tally", Added{1000});
  }
  static Effects decide(const State&, const Later& c, const Context&) {
    return {composable::append("tally", Added{0}),
            composable::delay("later", std::chrono::seconds(1), Add{c.by})};
  }
  static void evolve(State& s, const Added& e, const Context&) { s.total += e.by; }
  static composable::Routes<First> routes() {
    return {composable::get("", kTotal), composable::post<Add>("").replies<Added>(200, kTotal),
            composable::post<Old>("/old").replies<Added>(200, kTotal)};
  }
};

// The same log, another order of everything, and every addition counts twice.
struct Second {
  static constexpr auto kName = "tally";
  static constexpr auto kVersion = "2";
  static constexpr auto kStorage = composable::durable;
  using State = host::State;
  using Action = std::variant<Doubled, Added, Double, Add>;
  using Effects = composable::Effects<Second>;
  using Context = composable::Context;

  static Effects decide(const State&, const Add& c, const Context&) {
    return composable::append("tally", Added{c.by});
  }
  static Effects decide(const State&, const Double&, const Context&) {
    return composable::append("tally", Doubled{});
  }
  static void evolve(State& s, const Added& e, const Context&) { s.total += 2 * e.by; }
  static void evolve(State& s, const Doubled&, const Context&) { s.total *= 2; }
  static composable::Routes<Second> routes() {
    return {composable::post<Double>("/double").replies<Doubled>(200, kTotal),
            composable::post<Add>("").replies<Added>(200, kTotal), composable::get("", kTotal)};
  }
};

// Does not know the event that the log holds.
struct Forgetful {
  static constexpr auto kName = "tally";
  static constexpr auto kVersion = "3";
  static constexpr auto kStorage = composable::durable;
  using State = host::State;
  using Action = std::variant<Double, Doubled>;
  using Effects = composable::Effects<Forgetful>;
  using Context = composable::Context;

  static Effects decide(const State&, const Double&, const Context&) {
    return composable::append("tally", Doubled{});
  }
  static void evolve(State& s, const Doubled&, const Context&) { s.total *= 2; }
  static composable::Routes<Forgetful> routes() { return {composable::get("", kTotal)}; }
};

// Keeps nothing in the log.
struct Fleeting {
  static constexpr auto kName = "tally";
  static constexpr auto kVersion = "4";
  static constexpr auto kStorage = composable::ephemeral;
  using State = host::State;
  using Action = std::variant<Add, Added>;
  using Effects = composable::Effects<Fleeting>;
  using Context = composable::Context;

  static Effects decide(const State&, const Add& c, const Context&) {
    return composable::apply(Added{c.by});
  }
  static void evolve(State& s, const Added& e, const Context&) { s.total += e.by; }
  static composable::Routes<Fleeting> routes() { return {composable::get("", kTotal)}; }
};

using SwapTest = GenerationsTest<First>;

TEST_F(SwapTest, TheStateIsWhatTheNewcomerMakesOfTheLog) {
  send(number("Add"), R"({"by":3})");
  ASSERT_EQ(total(), 3);
  const auto report = replace<Second>();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->events, 1u);
  EXPECT_EQ(report->tail, 0u);
  EXPECT_EQ(total(), 6);
  EXPECT_EQ(store_.domain()->version(), "2");
  EXPECT_EQ(report->replaced->version(), "1");
  EXPECT_EQ(report->replaced.use_count(), 1);  // nobody else can call it any more
}

TEST_F(SwapTest, NumbersStayWhateverOrderTheNewcomerHas) {
  const std::uint32_t add = number("Add"), old = number("Old"), added = number("Added");
  ASSERT_TRUE(replace<Second>().ok());
  EXPECT_EQ(number("Add"), add);
  EXPECT_EQ(number("Added"), added);
  EXPECT_TRUE(store_.domain()->actions()[old].gone);
  EXPECT_GT(number("Double"), added);
  send(add, R"({"by":2})");
  EXPECT_EQ(total(), 4);
  send(number("Double"));
  EXPECT_EQ(total(), 8);
}

struct Ended final : Waiter {
  Refusal refusal;
  Outcome::Kind kind = Outcome::Kind::kSettled;
  int calls = 0;
  void ended(const Outcome& outcome) noexcept override {
    ++calls;
    kind = outcome.kind;
    if (outcome.refusal != nullptr) refusal = *outcome.refusal;
  }
};

TEST_F(SwapTest, WhatIsGoneIsRefusedByName) {
  const std::uint32_t old = number("Old");
  ASSERT_TRUE(replace<Second>().ok());
  Ended ended;
  send(old, "{}", &ended);
  EXPECT_EQ(ended.calls, 1);
  EXPECT_EQ(ended.refusal.status, 404);
  EXPECT_EQ(ended.refusal.message, "the domain tally has no action Old any more");
  EXPECT_EQ(total(), 0);
}

TEST_F(SwapTest, ABadNewcomerChangesNothing) {
  send(number("Add"), R"({"by":3})");
  const auto report = replace<Forgetful>();
  EXPECT_EQ(std::string(report.status().message()),
            "tally: the new generation does not take the event at position 1: the domain tally has "
            "no event Added any more; the one before stays, teach the new one that event");
  EXPECT_EQ(store_.domain()->version(), "1");
  send(number("Add"), R"({"by":4})");
  EXPECT_EQ(total(), 7);
}

TEST_F(SwapTest, AGenerationWithoutALogIsRefused) {
  EXPECT_EQ(std::string(replace<Fleeting>().status().message()),
            "tally: the serving generation 1 is durable and the new one 4 is ephemeral, so the "
            "state cannot be carried over; restart the host with the new one, or give "
            "it another name");
  send(number("Add"), R"({"by":4})");
  EXPECT_EQ(total(), 4);
}

TEST_F(SwapTest, AnAppendOnItsWayIsEvolvedByTheNewcomer) {
  events_.shut();
  Ended ended;
  send(number("Add"), R"({"by":5})", &ended);
  ASSERT_TRUE(replace<Second>().ok());
  EXPECT_EQ(ended.calls, 0);
  events_.open();
  loop_.run();
  EXPECT_EQ(ended.calls, 1);
  EXPECT_EQ(ended.kind, Outcome::Kind::kSettled);
  EXPECT_EQ(total(), 10);
}

TEST_F(SwapTest, TheLogIsNotReadWhileTheDomainWaits) {
  events_.on_replay = [&](std::uint64_t) { clock_.advance(1000); };
  absl::Notification held, release;
  std::thread reader([&] {
    store_.read([&](const DomainHandle&) {
      held.Notify();
      release.WaitForNotification();
    });
  });
  held.WaitForNotification();
  constexpr std::string_view kFive = R"({"by":5})";
  store_.send({number("Add"), COMPOSABLE_FORM_JSON, kFive.data(), kFive.size()}, Caller{});
  absl::StatusOr<SwapReport> report;
  std::atomic<bool> replaced{false};
  std::thread swap([&] {
    report = store_.replace(std::make_shared<DomainHandle>(generation<Second>()));
    replaced = true;
    loop_.post([] {});
  });
  // The reader, the command, and the new generation, which knows nothing of it.
  while (store_.health().mailbox != 3) std::this_thread::yield();
  release.Notify();
  reader.join();
  EXPECT_TRUE(loop_.run_until([&] { return replaced.load(); }));
  swap.join();
  events_.on_replay = nullptr;
  loop_.run();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->pause_us, 0);
  EXPECT_EQ(report->events, 1u);
  EXPECT_EQ(report->tail, 0u);
  EXPECT_EQ(total(), 10);
}

TEST_F(SwapTest, ADelayOfTheOldGenerationComesToTheNewOne) {
  send(number("Later"), R"({"by":7})");
  ASSERT_TRUE(replace<Second>().ok());
  EXPECT_EQ(total(), 0);
  loop_.advance(1'000'000);
  EXPECT_EQ(total(), 14);
}

TEST_F(SwapTest, ASubscriberHearsBothGenerations) {
  const auto subscriber = store_.subscribe_actions();
  send(number("Add"), R"({"by":1})");
  ASSERT_TRUE(replace<Second>().ok());
  send(number("Double"));
  ObservedAction action;
  std::uint64_t missed = 0;
  ASSERT_EQ(subscriber->receive(action, missed, absl::ZeroDuration()),
            ActionSubscriber::Result::kAction);
  EXPECT_EQ(action.type, "Added");
  ASSERT_EQ(subscriber->receive(action, missed, absl::ZeroDuration()),
            ActionSubscriber::Result::kAction);
  EXPECT_EQ(action.type, "Doubled");
}

TEST_F(SwapTest, ItCanGoBack) {
  send(number("Add"), R"({"by":1})");
  ASSERT_TRUE(replace<Second>().ok());
  send(number("Add"), R"({"by":1})");
  ASSERT_TRUE(replace<First>().ok());
  EXPECT_EQ(total(), 2);
  send(number("Old"));
  EXPECT_EQ(total(), 1002);
  EXPECT_TRUE(store_.domain()->find_action("Double")->gone);
}

TEST_F(SwapTest, ARollbackThatDoesNotTakeAnEventInFlightIsRefusedAndTheFlightGoesOn) {
  send(number("Add"), R"({"by":1})");
  ASSERT_TRUE(replace<Second>().ok());
  events_.shut();
  Ended ended;
  send(number("Double"), "{}", &ended);
  const auto report = replace<First>();
  EXPECT_EQ(std::string(report.status().message()),
            "tally: the new generation does not take an event of the type Doubled that is being "
            "stored: the domain tally has no event Doubled any more; the one before stays, teach "
            "the new one that event");
  EXPECT_EQ(store_.domain()->version(), "2");
  EXPECT_EQ(ended.calls, 0);
  events_.open();
  loop_.run();
  EXPECT_EQ(ended.kind, Outcome::Kind::kSettled);
  EXPECT_EQ(total(), 4);
}

TEST_F(SwapTest, AFlightThatFailsAfterTheSwapIsNotInTheStateOfTheNewcomer) {
  send(number("Add"), R"({"by":1})");
  events_.shut();
  Ended ended;
  send(number("Add"), R"({"by":100})", &ended);
  ASSERT_TRUE(replace<Second>().ok());
  EXPECT_EQ(total(), 202);
  events_.fail_one(AppendCode::kUnavailable);
  events_.open();
  ASSERT_TRUE(loop_.run_until([&] { return ended.calls == 1 && !store_.health().recovering; }));
  EXPECT_EQ(ended.refusal.status, 503);
  EXPECT_EQ(total(), 2);
}

TEST_F(SwapTest, AHaltedDomainServesAgain) {
  send(number("Add"), R"({"by":1})");
  ASSERT_TRUE(replace<Second>().ok());
  send(number("Double"));
  ASSERT_EQ(total(), 4);
  // The first generation does not know Doubled: a restart with it halts.
  Store halted(generation<First>(), environment(), StoreOptions{});
  ASSERT_TRUE(halted.replay().ok());
  loop_.run();
  ASSERT_TRUE(halted.health().halted);
  const auto report = halted.replace(std::make_shared<DomainHandle>(generation<Second>()));
  loop_.run();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(halted.health().halted);
  EXPECT_EQ(halted.health().reason, "");
  EXPECT_EQ(halted.health().position, 2u);
}

TEST_F(SwapTest, ADelayThatWasDroppedByAHaltComesWhenAnotherGenerationServes) {
  send(number("Later"), R"({"by":5})");
  // Another host appends what this generation does not know, which a conflict then brings to light.
  auto unknown = std::make_unique<AppendRequest>();
  unknown->domain = "tally";
  StreamAppend append;
  append.stream = "tally";
  append.expected = Expected::kAny;
  append.events.push_back({Uuid::v7(clock_.unix_micros(), rng_), "Doubled", "{}"});
  unknown->streams.push_back(std::move(append));
  struct Nobody final : AppendListener {
    void appended(absl::Span<std::unique_ptr<AppendRequest>>) override {}
  } nobody;
  events_.log().append(std::move(unknown), nobody);
  std::promise<void> stopped, go;
  events_.on_replay = [&](std::uint64_t position) {
    if (position != 0) return;
    stopped.set_value();
    go.get_future().wait();
  };
  events_.shut();
  send(number("Add"), R"({"by":1})");
  events_.fail_one(AppendCode::kConflict);
  events_.open();
  loop_.run();
  stopped.get_future().wait();
  loop_.advance(1'000'000);  // the delay comes due while the state is made anew
  go.set_value();
  ASSERT_TRUE(loop_.run_until([&] { return store_.health().halted; }));
  loop_.run();
  events_.on_replay = nullptr;
  ASSERT_TRUE(replace<Second>().ok());
  ASSERT_TRUE(loop_.run_until([&] { return store_.health().position != 0; }));
  loop_.advance(1'000'000);
  EXPECT_EQ(total(), 10) << "the second generation counts everything twice; the delay adds 5 once";
}

TEST_F(SwapTest, GenerationsChangePlacesWhileOthersSend) {
  change_places_while_others_send<Second, First>();  // the first one serves again in the end
}

}  // namespace
}  // namespace composable::host
