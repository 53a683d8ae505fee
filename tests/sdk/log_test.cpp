// Lines with fields, as the host is given them: their text, their bounds, and that they cost
// nothing but a piece of stack.
#include "composable/log.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>
#include <string>

#include "composable/plugin.hpp"
#include "composable/testing/log_recorder.hpp"

namespace {
std::atomic<std::size_t> allocations{0};
}
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

namespace log = composable::log;
using composable::testing::LogRecorder;

// The one line that `write` writes.
template <class Write>
std::string line(Write write) {
  LogRecorder recorder;
  const LogRecorder::Listening listening(recorder);
  write();
  return recorder.lines().empty() ? "" : recorder.lines().back();
}

TEST(Log, ALineIsAMessageAndItsFields) {
  const std::string id = "o-1";
  EXPECT_EQ(line([&] {
              log::info("payment refused", {{"order", id}, {"amount", 12}});
            }),
            "info payment refused order=o-1 amount=12");
  EXPECT_EQ(line([] { log::debug("x"); }), "debug x");
  EXPECT_EQ(line([] { log::warn("x"); }), "warn x");
  EXPECT_EQ(line([] { log::error("x"); }), "error x");
}

TEST(Log, NumbersAndFlagsAreWrittenAsTheyAre) {
  EXPECT_EQ(line([] {
              log::info("x", {{"a", std::numeric_limits<std::int64_t>::min()},
                              {"b", std::numeric_limits<std::uint64_t>::max()},
                              {"c", 0.5},
                              {"d", true},
                              {"e", std::numeric_limits<double>::infinity()},
                              {"f", composable::WithDefault<int, 7>{}}});
            }),
            "info x a=-9223372036854775808 b=18446744073709551615 c=0.5 d=true e=\"inf\" f=7");
}

// Whatever a text holds, it stays one value of one line.
TEST(Log, ATextMakesNoFieldAndNoLineOfItsOwn) {
  EXPECT_EQ(line([] {
              log::info("x", {{"a", "two words"},
                              {"b", "c=d"},
                              {"e", "a\nb\"\\"},
                              {"f", ""},
                              {"g", "12"},
                              {"h", "true"},
                              {"i", "-"},
                              {"j", "grün"}});
            }),
            "info x a=\"two words\" b=\"c=d\" e=\"a\\u000ab\\\"\\\\\" f=\"\" g=\"12\" h=\"true\" "
            "i=\"-\" j=\"grün\"");
}

TEST(Log, ASecretIsNotWritten) {
  EXPECT_EQ(line([] {
              log::info("x", {{"key", composable::Secret<std::string>{"hunter2"}}});
            }),
            "info x key=***");
}

TEST(Log, ALongTextIsCutBetweenTwoCharacters) {
  std::string text = "x";
  while (text.size() < 2000) text += "ä";
  const std::string cut = line([&] { log::info("x", {{"a", text}, {"b", 1}}); });
  EXPECT_EQ(cut.size(), std::string("info x a=\"\" b=1").size() + 999 + 3);
  EXPECT_TRUE(cut.ends_with("ä…\" b=1")) << cut;
}

TEST(Log, FieldsThatNoLongerFitAreLeftOutAndItSaysSo) {
  const std::string text(900, 'x');
  const std::string cut = line([&] {
    log::info("x", {{"a", text}, {"b", text}, {"c", text}, {"d", text}, {"e", text}, {"f", 1}});
  });
  EXPECT_LE(cut.size(), 4096u + 5);
  EXPECT_TRUE(cut.ends_with("x truncated=true")) << cut.substr(cut.size() - 40);
  EXPECT_EQ(cut.find(" e="), cut.npos);
}

TEST(Log, NothingIsAllocatedWhateverTheLevel) {
  const std::string id(500, 'i');
  composable_host host{};
  host.log = [](const composable_host*, std::uint32_t, composable_str) {};
  const composable_host* before = log::exchange_host(&host);
  const std::size_t allocated = allocations;
  log::debug("payment refused", {{"order", id}, {"amount", 12}, {"rate", 0.5}});
  EXPECT_EQ(allocations, allocated);
  log::exchange_host(before);
}

TEST(Log, WithoutAHostALineGoesNowhere) { log::info("x", {{"a", 1}}); }

struct Plain {
  static constexpr auto kName = "plain";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::ephemeral;
  struct State {};
  struct Set {};
  using Action = std::variant<Set>;
  static composable::Effects<Plain> decide(const State&, const Set&, const composable::Context&) {
    return composable::none;
  }
};

TEST(Log, TheEntryOfAPluginSaysWhereLinesGo) {
  composable_host host{};
  host.abi_major = COMPOSABLE_ABI_MAJOR;
  composable_error error = composable::no_error();
  const composable_host* before = log::exchange_host(nullptr);
  composable::glue::enter(composable::domain_table<Plain>(), &host, &error);
  EXPECT_EQ(log::exchange_host(before), &host);
}

}  // namespace
