#include "runtime/fixed_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace composable::host {
namespace {

TEST(FixedText, NumbersArePaddedAndOfAnyBase) {
  FixedText text;
  text.number(0).text(" ").number(7, 3).text(" ").number(0xdeadbeef, 1, 16).text(" ");
  text.number(18'446'744'073'709'551'615u);
  EXPECT_EQ(text.view(), "0 007 deadbeef 18446744073709551615");
}

TEST(FixedText, TimeIsUtcWithMilliseconds) {
  FixedText text;
  text.time(0).text(" ").time(1'767'225'599'999'999).text(" ").time(1'709'164'800'000'000);
  EXPECT_EQ(text.view(),
            "1970-01-01T00:00:00.000Z 2025-12-31T23:59:59.999Z 2024-02-29T00:00:00.000Z");
}

TEST(FixedText, AWordCannotEndWhatItStandsIn) {
  FixedText text;
  text.word("a b\n\"c\\d=\x7f\xc3\xbc", 64).text(" ").word("longer", 4);
  EXPECT_EQ(text.view(), "a_b__c_d____ long");
}

TEST(FixedText, WhatNoLongerFitsIsLeftOut) {
  FixedText text;
  text.text(std::string(FixedText::kCapacity - 1, 'x')).text("yz");
  EXPECT_EQ(text.view().size(), FixedText::kCapacity);
  EXPECT_EQ(text.view().back(), 'y');
}

}  // namespace
}  // namespace composable::host
