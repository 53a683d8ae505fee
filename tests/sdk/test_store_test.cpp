// The test store: that a right test passes, and that every omission fails, at its line.
#include "composable/testing/test_store.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "sample_domain.hpp"

namespace {

using namespace std::chrono_literals;
using composable::testing::diff;
using composable::testing::TestStore;
using sample::Do;
using sample::Fetched;
using sample::Noted;
using sample::Notes;
using sample::Progress;
using sample::Refused;
using sample::Remind;
using sample::Write;
using sample::Written;
using Store = TestStore<Notes>;
using State = Notes::State;

TEST(TestStore, ClaimsEffectsAndState) {
  Store store;
  store.as("ann").send(Write{"s", {"x"}}).appended("s", Written{"> x", "ann"}).state([](State& s) {
    s.lines = {"> x"};
    s.last_version = 1;
  });
  store.send(Do{"reject"}).rejected(Refused{"no", 7, "items[0]"});
}

TEST(TestStore, ReadsTheConfiguration) {
  Store store(R"({"prefix":""})");
  store.send(Write{"s", {"x"}}).appended("s", Written{"x", ""}).state([](State& s) {
    s.lines = {"x"};
    s.last_version = 1;
  });
}

TEST(TestStore, DelaysArriveWhenTheyAreDue) {
  Store store;
  const auto two_lines = [](State& s) {
    s.lines = {"1", "2"};
    s.last_version = 2;
  };
  store.send(Do{"several"})
      .appended("a", Noted{"1"})
      .appended("a", Written{"2", "u"})
      .announced(Progress{50})
      .delayed("later", 30min, Remind{"r"})
      .cancelled("other")
      .state(two_lines)
      .received(Do{"nothing"});
  store.advance(29min);
  store.advance(1min).received(Remind{"r"}).appended("reminders", Noted{"r"}).state([](State& s) {
    s.lines.push_back("r");
    s.last_version = 1;
  });
  store.advance(24h);
}

TEST(TestStore, JobsRunAndTheirResultsArrive) {
  Store store;
  const auto before = store.now();
  store.send(Do{"groups"})
      .started(sample::Fetch{"u", 1}, "k")
      .loaded("a")
      .started(sample::Block{2})
      .received(Do{"nothing"});  // the load is the step behind the job
  const auto noted = [](std::string text) {
    return [text = std::move(text)](State& s) {
      s.lines.push_back(text);
      s.last_version = s.lines.size();
    };
  };
  store.run_jobs()
      .received(Fetched{"> page of u"})
      .appended("a", Noted{"> page of u"})
      .state(noted("> page of u"))
      .received(Fetched{"0"})
      .appended("a", Noted{"0"})
      .state(noted("0"))
      .received(Fetched{"1"})
      .appended("a", Noted{"1"})
      .state(noted("1"));
  const auto event = [&](std::uint64_t version, const char* json) {
    return composable::LoadedEvent{"Noted", version, version, store.now(), composable::Json{json}};
  };
  store
      .received(sample::History{"a",
                                {event(1, R"({"text":"> page of u"})"), event(2, R"({"text":"0"})"),
                                 event(3, R"({"text":"1"})")},
                                false})
      .announced(Progress{3});
  EXPECT_EQ(store.now(), before + 250ms);
}

TEST(TestStore, ALoadDeliversWhatWasAppended) {
  Store store;
  store.given("a", Noted{"1"}).given("a", Noted{"2"}).given("a", Noted{"3"});
  store.send(Do{"load"})
      .loaded("a")
      .received(sample::History{
          "a", {{"Noted", 2, 2, store.now(), composable::Json{R"({"text":"2"})"}}}, true});
  store.pending<Progress>();
  store.announced(Progress{1});
}

TEST(TestStore, APublishedEventIsClaimedAndArrivesWhereTheDomainListens) {
  Store store;
  store.send(Do{"publish"}).published("notes.noted", Noted{"1"});
  EXPECT_EQ(store.pending<Noted>()->text, "2");
  store.published("notes.remind", Noted{"2"})
      .received(Remind{"2"})
      .appended("reminders", Noted{"2"})
      .state([](State& s) {
        s.lines = {"2"};
        s.last_version = 1;
      })
      .received(Do{"nothing"});
}

struct OfAnotherDomain {
  std::string text;
  int more = 1;
};

TEST(TestStore, DeliversWhatAnotherDomainPublishes) {
  Store store;
  store.deliver("notes.remind", OfAnotherDomain{"r"})
      .appended("reminders", Noted{"r"})
      .state([](State& s) {
        s.lines = {"r"};
        s.last_version = 1;
      });
}

TEST(TestStore, ShowsWhatIsPending) {
  Store store;
  store.send(Do{"note"});
  const auto noted = store.pending<Noted>();
  ASSERT_TRUE(noted.has_value());
  store.appended("a", *noted).state([&](State& s) {
    s.lines = {noted->text};
    s.last_version = 1;
  });
  EXPECT_FALSE(store.pending<Noted>().has_value());
}

// --- failures that must fire
// ------------------------------------------------------------------------

TEST(TestStoreFails, WhenAnEffectIsNotExpected) {
  EXPECT_NONFATAL_FAILURE(
      { Store().send(Do{"reject"}); },
      R"(after Do{"what":"reject"} there is an effect that the test did not expect: reject with )"
      R"(Refused{"text":"no","percent":7,"place":"items[0]"})");
}

TEST(TestStoreFails, WhenAStateChangeIsNotExpected) {
  EXPECT_NONFATAL_FAILURE(
      {
        Store store;
        store.send(Write{"s", {"x"}}).appended("s", Written{"> x", ""}).state([](State& s) {
          s.lines = {"> x"};
        });
      },
      "last_version: expected 0, got 1");
  EXPECT_NONFATAL_FAILURE(
      {
        Store store;
        store.send(Write{"s", {"x"}}).appended("s", Written{"> x", ""});
      },
      "the state changed in a way that the test did not expect\n  lines[0]: expected nothing, got "
      "\"> x\"\n  last_version: expected 0, got 1");
}

TEST(TestStoreFails, WhenAnEventIsAnother) {
  EXPECT_NONFATAL_FAILURE(
      {
        Store().send(Do{"reject"}).rejected(Refused{"no", 8, "items[0]"});
      },
      "reject Refused\n  percent: expected 8, got 7");
}

TEST(TestStoreFails, WhenTheEffectIsOfAnotherVerb) {
  EXPECT_NONFATAL_FAILURE(
      { Store().send(Do{"nothing"}).announced(Progress{1}); },
      R"(expected the effect announce of Progress{"percent":1}, but there is none)");
}

TEST(TestStoreFails, WhenWhatIsPublishedIsNotExpected) {
  EXPECT_NONFATAL_FAILURE({ Store().send(Do{"tell"}); },
                          R"(there is an effect that the test did not expect: publish on )"
                          R"("notes.noted": Noted{"text":"1"})");
}

TEST(TestStoreFails, WhenTheTopicIsAnother) {
  EXPECT_NONFATAL_FAILURE({ Store().send(Do{"tell"}).published("notes.other", Noted{"1"}); },
                          R"(published on "notes.noted", expected "notes.other")");
  EXPECT_NONFATAL_FAILURE({ Store().send(Do{"tell"}).published("notes.noted", Noted{"2"}); },
                          "published Noted\n  text: expected \"2\", got \"1\"");
}

TEST(TestStoreFails, WhenTheDomainDoesNotListen) {
  EXPECT_NONFATAL_FAILURE({ Store().deliver("notes.other", Noted{"1"}); },
                          R"(the domain does not subscribe to "notes.other")");
}

TEST(TestStoreFails, WhenAnArrivalIsNotReceived) {
  EXPECT_NONFATAL_FAILURE(
      {
        Store store;
        store.send(Do{"joined"}).received(Remind{"1"}).appended("reminders", Noted{"1"});
        store.state([](State& s) {
          s.lines = {"1"};
          s.last_version = 1;
        });
      },
      R"(an action arrived that the test did not receive: Remind{"text":"2"})");
}

TEST(TestStoreFails, WhenNothingArrives) {
  EXPECT_NONFATAL_FAILURE({ Store().advance(1h).received(Remind{"x"}); },
                          R"(expected to receive Remind{"text":"x"}, but nothing arrived)");
}

TEST(TestStoreFails, WhenADelayIsOfAnotherTime) {
  EXPECT_NONFATAL_FAILURE(
      {
        Store store;
        store.send(Do{"several"})
            .appended("a", Noted{"1"})
            .appended("a", Written{"2", "u"})
            .announced(Progress{50})
            .delayed("later", 31min, Remind{"r"})
            .cancelled("other")
            .state([](State& s) {
              s.lines = {"1", "2"};
              s.last_version = 2;
            })
            .received(Do{"nothing"});
      },
      "delayed by 1800000000 us, expected 1860000000");
}

TEST(TestStoreFails, WhenDecideThrows) {
  EXPECT_NONFATAL_FAILURE({ Store().send(Do{"throw"}); },
                          R"(decide of Do{"what":"throw"} failed: decide went wrong)");
}

TEST(TestStoreFails, AtTheLineOfTheTest) {
  ::testing::TestPartResultArray results;
  int line = 0;
  {
    ::testing::ScopedFakeTestPartResultReporter reporter(
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
    line = __LINE__ + 1;
    Store().send(Do{"reject"});
  }
  ASSERT_EQ(results.size(), 1);
  EXPECT_EQ(results.GetTestPartResult(0).line_number(), line);
  EXPECT_NE(std::string(results.GetTestPartResult(0).file_name()).find("test_store_test.cpp"),
            std::string::npos);
}

}  // namespace

// --- impurity
// ---------------------------------------------------------------------------------------

namespace impure {

struct Go {};
struct Push {};
struct Went {
  int calls = 0;
};
struct Domain {
  static constexpr auto kName = "impure";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::ephemeral;
  struct State {
    int calls = 0;
  };
  using Action = std::variant<Go, Push, Went>;
  static composable::Effects<Domain> decide(const State&, const Go&, const composable::Context&) {
    static int calls = 0;
    return composable::apply(Went{++calls});
  }
  static composable::Effects<Domain> decide(const State& state, const Push&,
                                            const composable::Context&) {
    ++const_cast<State&>(state).calls;
    return {};
  }
  static void evolve(State&, const Went&, const composable::Context&) {}
};

}  // namespace impure

namespace {

TEST(TestStoreFails, WhenDecideIsImpure) {
  EXPECT_NONFATAL_FAILURE(
      {
        TestStore<impure::Domain> store;
        store.send(impure::Go{}).applied(*store.pending<impure::Went>());
      },
      "decide of Go{} is impure: the same call gave other effects");
}

TEST(TestStoreFails, WhenDecideMovesTheState) {
  EXPECT_NONFATAL_FAILURE(
      { TestStore<impure::Domain>().send(impure::Push{}); },
      "decide of Push{} is impure: it changed the state\n  calls: expected 0, got 2");
}

TEST(Diff, NamesEveryPlace) {
  const State expected{{"a", "b"}, 1}, actual{{"a", "c", "d"}, 1};
  EXPECT_EQ(diff(expected, actual),
            (std::vector<std::string>{R"(lines[1]: expected "b", got "c")",
                                      R"(lines[2]: expected nothing, got "d")"}));
  EXPECT_TRUE(diff(expected, expected).empty());
}

}  // namespace
