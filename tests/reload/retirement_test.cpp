// How a generation ends that somebody or something still holds, and how often that may happen.
#include "reload/retirement.hpp"

#include "reload_fixture.hpp"
#include "runtime/own_thread.hpp"

namespace composable::host {
namespace {

class RetirementTest : public ReloadTest {
 protected:
  RetirementTest() : ReloadTest(milliseconds(20)) {}

  // "tally-counter (4711)", the thread that the last Spawn began.
  static std::string counter() {
    std::string found;
    for (const std::string& name : foreign_threads({}, milliseconds(0))) {
      if (name.starts_with("tally-counter (")) found = name;
    }
    return found;
  }
  GenerationRecord replace(std::string_view build, GenerationState until,
                           std::uint64_t generation) {
    put(build);
    const auto record = answer(ask());
    EXPECT_TRUE(record.ok() && record->state == GenerationState::kLive);
    return witness_.wait_for(until, generation);
  }
};

TEST_F(RetirementTest, AThreadThatRunsOnHoldsItsGenerationAndIsNamed) {
  serve("first");
  add(3);
  Gate gate(directory_ / "gate");
  EXPECT_EQ(send("Spawn", absl::StrFormat(R"({"gate":"%s"})", gate.text()), "Begun"),
            R"({"version":"1"})");
  const std::string thread = counter();
  ASSERT_NE(thread, "");
  const GenerationRecord held = replace("second", GenerationState::kPinned, 1);
  EXPECT_EQ(held.reason,
            absl::StrFormat("it may be held by the thread %s, begun since it was loaded "
                            "and not by the host; end what a plugin starts in its "
                            "destroy",
                            thread));
  EXPECT_EQ(total(), 3);
  EXPECT_EQ(pinned(), 1u);

  gate.open();
  EXPECT_EQ(witness_.wait_for(GenerationState::kUnloaded, 1).reason, "");
  EXPECT_EQ(pinned(), 0u);
}

TEST_F(RetirementTest, AThreadFromBeforeAGenerationDoesNotHoldIt) {
  serve("first");
  Gate gate(directory_ / "gate");
  send("Spawn", absl::StrFormat(R"({"gate":"%s"})", gate.text()), "Begun");
  replace("second", GenerationState::kPinned, 1);
  EXPECT_EQ(replace("doubles", GenerationState::kUnloaded, 2).reason, "");
}

TEST_F(RetirementTest, AGenerationThatIsHeldDoesNotHoldItsDomain) {
  serve("first");
  Gate gate(directory_ / "gate");
  send("Spawn", absl::StrFormat(R"({"gate":"%s"})", gate.text()), "Begun");
  replace("second", GenerationState::kPinned, 1);
  fs::remove(plugins_ / "tally.so");
  const auto records = reload_all();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].generation, 2u);
  EXPECT_EQ(records[0].state, GenerationState::kUnloaded) << records[0].reason;
}

TEST_F(RetirementTest, ARefusedCandidateThatLeavesAThreadStaysMapped) {
  serve("first");
  routes_ = absl::AlreadyExistsError("two routes answer GET /api/v1/tally");
  const std::size_t mappings = mapped();
  put("thread");
  EXPECT_EQ(answer(ask())->state, GenerationState::kRefused);
  finish();
  EXPECT_GT(mapped(), mappings);
  routes_ = absl::OkStatus();
  EXPECT_EQ(reload("second").state, GenerationState::kLive);
}

TEST_F(RetirementTest, WhatHoldsTheLastOfADomainIsNoHindranceToTheNext) {
  serve("first");
  Gate gate(directory_ / "gate");
  Ending ending;
  start_job("stubborn", gate, ending);
  replace("second", GenerationState::kPinned, 1);
  for (std::uint64_t generation = 2; generation != 5; ++generation) {
    EXPECT_EQ(
        replace(generation % 2 == 0 ? "doubles" : "second", GenerationState::kUnloaded, generation)
            .reason,
        "");
  }
}

TEST_F(RetirementTest, ALimitOfGenerationsThatStayIsALimitOfReloads) {
  adopt("first");
  add(3);
  // As many as a host takes, all of one build that can never be unmapped.
  for (std::size_t n = 0; n < 64; ++n) {
    put("nodelete", "other.so");
    auto plugin = loader_.load(plugins_ / "other.so");
    ASSERT_TRUE(plugin.ok()) << plugin.status();
    retirement_.retire({.generation = std::make_shared<Generation>(*std::move(plugin)),
                        .store = nullptr,
                        .domain = nullptr,
                        .attempt = 0});
  }
  EXPECT_EQ(retirement_.pinned(), 64u);
  fs::remove(plugins_ / "other.so");
  start();
  put("second");
  const auto record = answer(ask());
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->state, GenerationState::kRefused);
  EXPECT_EQ(record->reason, (plugins_ / "tally.so").string() +
                                ": 64 generations could not be unmapped, which is the limit; "
                                "restart the host");
  EXPECT_EQ(total(), 3);
}

}  // namespace
}  // namespace composable::host
