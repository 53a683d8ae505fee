#include "cli/domain_name.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

TEST(DomainName, WhatTheAbiTakesIsGood) {
  for (const char* good : {"shop", "my-shop", "my_shop", "a", "a1-2_b", "new", "class", "health"}) {
    EXPECT_EQ(domain_name_mistake(good), "") << good;
  }
  EXPECT_EQ(domain_name_mistake(std::string(63, 'a')), "");
}

TEST(DomainName, ABadNameIsRefusedWithTheNearestGoodOne) {
  const auto refusal = [](const std::string& found, const std::string& advice) {
    return "expected a name of the form [a-z][a-z0-9_-]*, 1..63 bytes, found \"" + found + "\"; " +
           advice;
  };
  EXPECT_EQ(domain_name_mistake("My Shop"), refusal("My Shop", "did you mean my-shop?"));
  EXPECT_EQ(domain_name_mistake("MyShop"), refusal("MyShop", "did you mean my-shop?"));
  EXPECT_EQ(domain_name_mistake("SHOP"), refusal("SHOP", "did you mean shop?"));
  EXPECT_EQ(domain_name_mistake("9lives"), refusal("9lives", "did you mean lives?"));
  EXPECT_EQ(domain_name_mistake("-x."), refusal("-x.", "did you mean x?"));
  EXPECT_EQ(domain_name_mistake("shop/../x"), refusal("shop/../x", "did you mean shop-x?"));
  EXPECT_EQ(domain_name_mistake(""), refusal("", "choose one like my-shop"));
  EXPECT_EQ(domain_name_mistake("42"), refusal("42", "choose one like my-shop"));
  EXPECT_EQ(domain_name_mistake("caf\xc3\xa9"), refusal("caf\xc3\xa9", "did you mean caf?"));
  EXPECT_EQ(domain_name_mistake("WS"), refusal("WS", "choose one like my-shop"))
      << "what is proposed is not refused next";
}

TEST(DomainName, ANameThatIsTooLongIsCut) {
  const std::string whole(64, 'a'), cut(63, 'a');
  EXPECT_EQ(domain_name_mistake(whole),
            "expected a name of the form [a-z][a-z0-9_-]*, 1..63 bytes, found \"" + cut +
                "…\"; did you mean " + cut + "?");
}

TEST(DomainName, ATakenNameIsRefusedWithTheReason) {
  EXPECT_EQ(domain_name_mistake("ws"),
            "a domain cannot be called ws: /api/v1/ws is the host's own path; choose another name, "
            "such as my-ws");
  EXPECT_EQ(domain_name_mistake("test"),
            "a domain cannot be called test: every build has a target of this name; choose another "
            "name, such as my-test");
  for (const char* in_source :
       {"add", "added", "config", "jobs", "state", "out-of-range", "out_of_range"}) {
    EXPECT_EQ(domain_name_mistake(in_source),
              std::string("a domain cannot be called ") + in_source +
                  ": the new project's source needs this name for itself; choose another name, "
                  "such as my-" +
                  in_source);
  }
}

TEST(DomainName, TypeAndFileFollowFromIt) {
  EXPECT_EQ(domain_type_name("my-shop"), "MyShop");
  EXPECT_EQ(domain_type_name("my_2nd--shop-"), "My2ndShop");
  EXPECT_EQ(domain_file_name("my-shop"), "my_shop");
  EXPECT_EQ(domain_file_name("shop2"), "shop2");
}

}  // namespace
}  // namespace composable::host
