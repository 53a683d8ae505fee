#include "runtime/uuid.hpp"

#include <gtest/gtest.h>

#include <set>

namespace composable::host {
namespace {

TEST(Uuid, WhatIsWrittenReadsBack) {
  SystemRng rng;
  for (int n = 0; n < 100; ++n) {
    const Uuid u = Uuid::v7(1'700'000'000'123'456, rng);
    EXPECT_EQ(Uuid::parse(u.text()), u);
  }
}

TEST(Uuid, Version7CarriesItsTimeItsVersionAndItsVariant) {
  SystemRng rng;
  const std::string text = Uuid::v7(1'700'000'000'123'456, rng).text();
  EXPECT_EQ(text.substr(0, 13), "018bcfe5-687b");  // 1,700,000,000,123 ms
  EXPECT_EQ(text[14], '7');
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
}

TEST(Uuid, LaterOnesSortLaterAndNoneRepeats) {
  SystemRng rng;
  std::set<std::string> seen;
  std::string last;
  for (std::int64_t micros = 1'700'000'000'000'000; micros < 1'700'000'000'010'000; micros += 10) {
    const std::string text = Uuid::v7(micros, rng).text();
    EXPECT_GT(text, last);
    last = text;
    EXPECT_TRUE(seen.insert(text).second);
  }
}

TEST(Uuid, ParseTakesAnyCaseAndNothingElse) {
  EXPECT_TRUE(Uuid::parse("01234567-89AB-cdef-0123-456789ABCDEF").has_value());
  EXPECT_EQ(Uuid::parse("01234567-89AB-cdef-0123-456789ABCDEF")->text(),
            "01234567-89ab-cdef-0123-456789abcdef");
  for (const char* bad :
       {"", "01234567-89ab-cdef-0123-456789abcde", "0123456789abcdef0123456789abcdef",
        "01234567-89ab-cdef-0123-456789abcdeg", "01234567-89ab-cdef-0123-456789abcdef ",
        "{1234567-89ab-cdef-0123-456789abcde}", "01234567089ab-cdef-0123-456789abcdef"}) {
    EXPECT_FALSE(Uuid::parse(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace composable::host
