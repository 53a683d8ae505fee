// What a domain keeps of the last event that its state has evolved, and which calls find it.
#include "composable/instance.hpp"

#include <gtest/gtest.h>

#include "driven.hpp"
#include "fake_http.hpp"
#include "sample_domain.hpp"

namespace {

using sample::Noted;
using sample::Notes;
using sample::Written;

constexpr std::uint32_t kNoted = Driven<Notes>::number<Noted>;
constexpr std::uint32_t kWrittenNumber = Driven<Notes>::number<Written>;
constexpr std::string_view kText = R"({"text":"a"})";

class LastEvolved : public ::testing::Test {
 protected:
  composable_status evolve(std::string_view json, std::uint32_t type = kNoted) {
    return domain_.evolve(Driven<Notes>::json(type, json));
  }
  template <class A = Noted>
  const A* found(std::string_view json) const {
    return composable::glue::instance<Notes>(std::as_const(domain_.state))
        .last.template find<A>(json);
  }

  Driven<Notes> domain_;
};

TEST_F(LastEvolved, IsFoundByItsBytes) {
  ASSERT_EQ(evolve(kText), COMPOSABLE_OK);
  const std::string elsewhere(kText);
  ASSERT_NE(found(elsewhere), nullptr);
  EXPECT_EQ(found(elsewhere)->text, "a");
}

TEST_F(LastEvolved, IsNotFoundByOtherBytesOrAsAnotherType) {
  ASSERT_EQ(evolve(kText), COMPOSABLE_OK);
  EXPECT_EQ(found(R"({"text":"b"})"), nullptr);
  EXPECT_EQ(found(R"({"text": "a"})"), nullptr);
  EXPECT_EQ(found(""), nullptr);
  EXPECT_EQ(found<Written>(kText), nullptr);
}

TEST_F(LastEvolved, IsTheLastOne) {
  ASSERT_EQ(evolve(kText), COMPOSABLE_OK);
  ASSERT_EQ(evolve(kText, kWrittenNumber), COMPOSABLE_OK);
  EXPECT_EQ(found(kText), nullptr);
  EXPECT_NE(found<Written>(kText), nullptr);
}

TEST_F(LastEvolved, IsNoEventThatTheStateHasNotTaken) {
  EXPECT_EQ(found(""), nullptr);
  ASSERT_EQ(evolve(kText), COMPOSABLE_OK);
  EXPECT_EQ(evolve(R"({"text":"boom"})"), COMPOSABLE_E_EXCEPTION);
  EXPECT_EQ(found(R"({"text":"boom"})"), nullptr);
  EXPECT_EQ(found(kText), nullptr);
  EXPECT_EQ(evolve(R"({"text":1})"), COMPOSABLE_E_INVALID);
  EXPECT_EQ(found(R"({"text":1})"), nullptr);
}

TEST_F(LastEvolved, IsNotKeptOfAReplayNorWhenItIsLarge) {
  domain_.context.flags = COMPOSABLE_CONTEXT_REPLAYING;
  ASSERT_EQ(evolve(kText), COMPOSABLE_OK);
  EXPECT_EQ(found(kText), nullptr);
  domain_.context.flags = 0;
  const std::string large = R"({"text":")" + std::string(64 << 10, 'x') + R"("})";
  ASSERT_EQ(evolve(large), COMPOSABLE_OK);
  EXPECT_EQ(found(large), nullptr);
}

TEST_F(LastEvolved, IsNotCopied) {
  ASSERT_EQ(evolve(kText), COMPOSABLE_OK);
  const auto copy = composable::glue::instance<Notes>(std::as_const(domain_.state));
  EXPECT_EQ(copy.state.lines.size(), 1u);
  EXPECT_EQ(copy.last.find<Noted>(kText), nullptr);
}

struct Say {
  std::string text;
};
struct Said {
  std::string text;
};

// Answers with the event.
struct Echo {
  static constexpr auto kName = "echo";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::durable;
  struct State {
    int said = 0;
  };
  using Action = std::variant<Say, Said>;
  using Effects = composable::Effects<Echo>;

  static Effects decide(const State&, const Say& say, const composable::Context&) {
    return composable::append("echo", Said{say.text});
  }
  static void evolve(State& state, const Said&, const composable::Context&) { ++state.said; }
  static composable::Routes<Echo> routes() {
    return {composable::post<Say>("").replies<Said>(200, [](const Said& said) { return said; })};
  }
};

// Whatever was evolved last.
TEST(Answers, AreThoseOfTheEventThatEndedTheWait) {
  Driven<Echo> domain;
  const auto& routes = *static_cast<const composable_routes_v1*>(
      domain.table.query_extension(COMPOSABLE_STR(COMPOSABLE_ROUTES_EXTENSION)));
  const std::string_view first = R"({"text":"1"})", second = R"({"text":"2"})";
  const auto event = [](std::string_view json) {
    return Driven<Echo>::json(Driven<Echo>::number<Said>, json);
  };
  const auto answer = [&](std::string_view json) {
    const composable_action action = event(json);
    FakeResponse response;
    composable_outcome outcome{sizeof outcome, COMPOSABLE_OUTCOME_MATCHED, &action};
    EXPECT_EQ(routes.to_response(domain.state, 0, &outcome, &response.abi, &domain.fresh()),
              COMPOSABLE_OK);
    return response.body;
  };
  EXPECT_EQ(answer(first), first);
  for (const std::string_view last : {first, second}) {
    ASSERT_EQ(domain.evolve(event(last)), COMPOSABLE_OK);
    EXPECT_EQ(answer(first), first);
    EXPECT_EQ(answer(second), second);
  }
}

}  // namespace
