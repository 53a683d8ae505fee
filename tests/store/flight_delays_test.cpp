// Delays that are set, cancelled and replaced in one flight, with what goes wrong meanwhile: a
// commit that fails, a crash, a rebuild. Each comes to what the log says.
#include "desk_fixture.hpp"

namespace composable::host {
namespace {

using FlightDelaysTest = DeskTest;
using Lines = std::vector<std::string>;

TEST_F(FlightDelaysTest, ADelayThatIsDroppedAndSetAgainInOneFlightSurvivesACrash) {
  post({"Hold", 1, 100, 60'000});
  events_.shut();
  Asked& drop = post({"Drop", 2, 100});
  Asked& hold = post({"Hold", 3, 100, 3'000});
  events_.open();
  loop_.run();
  EXPECT_TRUE(drop.well() && hold.well());
  EXPECT_EQ(rows(), Lines{R"(k100 {"id":3,"key":100})"});
  crash();
  loop_.advance(4'000'000);
  EXPECT_EQ(stored().back(), "Expired hold-100@4 3");
  EXPECT_EQ(rows(), Lines{});
}

// Set, taken back, and set again, with a commit that fails, or a crash, at each place: what is
// pending then is what the stored ones say.
TEST_F(FlightDelaysTest, SetCancelAndReplaceOfOneKeyInOneFlightComeToWhatIsStored) {
  for (const bool crashes : {true, false}) {
    for (std::size_t place = 0; place <= 5; ++place) {
      SCOPED_TRACE(std::string(crashes ? "crash" : "failure") + " at " + std::to_string(place));
      store_.reset();
      loop_.run();
      events_.forget_everything(clock_);
      asked_.clear();
      start();
      post({"Hold", 1, 100, 1'000});
      events_.shut();
      post({"Hold", 2, 100, 2'000});
      post({"Drop", 3, 100});
      post({"Hold", 4, 100, 3'000});
      post({"Forget", 5, 100});
      post({"Hold", 6, 100, 4'000});
      ASSERT_EQ(events_.held(), 5u);
      events_.let_through(place);
      if (crashes) {
        crash();
      } else {
        if (place < 5) events_.fail_one(AppendCode::kUnavailable);
        events_.open();
        recover();
      }
      const std::int64_t pending[] = {1, 2, 0, 4, 0, 6};
      EXPECT_EQ(rows(),
                pending[place] == 0
                    ? Lines{}
                    : Lines{"k100 {\"id\":" + std::to_string(pending[place]) + ",\"key\":100}"});
      const std::size_t before = stored().size();
      for (int n = 0; n < 6; ++n) loop_.advance(1'000'000);
      recover();
      const Lines log = stored();
      ASSERT_EQ(log.size(), before + (pending[place] == 0 ? 0 : 1));
      if (pending[place] != 0) {
        EXPECT_TRUE(log.back().starts_with("Expired hold-100@"));
        EXPECT_TRUE(log.back().ends_with(" " + std::to_string(pending[place])));
      }
      EXPECT_EQ(rows(), Lines{});
    }
  }
}

TEST_F(FlightDelaysTest, ACancelThatWasAcknowledgedHoldsAlsoWhenWhatIsBehindItFails) {
  post({"Hold", 1, 100, 3'000});
  events_.shut();
  post({"Take", 2});
  Asked& cancel = post({"Forget", 3, 100});
  Asked& lost = post({"Take", 4});
  events_.let_through(2);
  loop_.run();
  events_.fail_one(AppendCode::kUnavailable);
  events_.open();
  recover();
  EXPECT_EQ(lost.code(), 503);
  EXPECT_EQ(cancel.code(), 200);
  loop_.advance(10'000'000);
  EXPECT_EQ(stored(), (Lines{"Held hold-100@1 1", "Taken token-2@1 2"}));
}

TEST_F(FlightDelaysTest, ACancelThatWasAcknowledgedHoldsAlsoAfterACrash) {
  post({"Hold", 1, 100, 3'000});
  events_.shut();
  Asked& cancel = post({"Forget", 2, 100});
  loop_.run();
  EXPECT_EQ(cancel.calls, 0);  // its row is there
  events_.let_through(1);
  loop_.run();
  EXPECT_EQ(cancel.code(), 200);
  crash();
  loop_.advance(10'000'000);
  EXPECT_EQ(stored(), Lines{"Held hold-100@1 1"});
}

TEST_F(FlightDelaysTest, ADelayThatComesDueDuringARebuildComesOnce) {
  post({"Hold", 1, 100, 2'000});
  StoppedReplay replay(events_, 0);
  post({"Spoil", 2, 1});
  replay.stopped.get_future().wait();
  loop_.advance(3'000'000);
  int expires = 0;
  struct Counting final : desk::Witness {
    int& expires;
    explicit Counting(int& n) : expires(n) {}
    void decides(const desk::State&, const desk::Command& command) override {
      expires += command.name == "Expire" ? 1 : 0;
    }
    void reads(const desk::State&) override {}
  } counting(expires);
  desk::Witness::now = &counting;
  replay.go.set_value();
  recover();
  loop_.advance(1'000'000);
  desk::Witness::now = nullptr;
  events_.on_replay = nullptr;
  EXPECT_EQ(expires, 1);
  EXPECT_EQ(stored().back(), "Expired hold-100@2 1");
}

TEST_F(FlightDelaysTest, ADelayWhoseEndWasDecidedOnAFlightThatFailsComesAgain) {
  post({"Hold", 1, 100, 1'000});
  events_.shut();
  Asked& again = post({"Hold", 2, 100, 9'000});
  loop_.advance(1'500'000);  // the first fires, and finds that it was replaced
  events_.fail_one(AppendCode::kUnavailable);
  events_.open();
  recover();
  loop_.advance(1'000'000);
  EXPECT_EQ(again.code(), 503);
  EXPECT_EQ(stored(), (Lines{"Held hold-100@1 1", "Expired hold-100@2 1"}));
}

}  // namespace
}  // namespace composable::host
