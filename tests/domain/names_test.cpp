// The rules for the names of domains and topics, and for the patterns of routes.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "domain/domain_name.hpp"
#include "domain/route_pattern.hpp"
#include "domain/topic_name.hpp"

namespace composable::host {
namespace {

TEST(DomainNameTest, HasItsFormAndItsBound) {
  for (const char* good : {"a", "orders", "my-shop_2", "a-"})
    EXPECT_TRUE(is_domain_name(good)) << good;
  for (const char* bad : {"", "Orders", "2nd", "-a", "_a", "my shop", "a.b", "caf\xc3\xa9"}) {
    EXPECT_FALSE(is_domain_name(bad)) << bad;
  }
  EXPECT_TRUE(is_domain_name(std::string(kMaxDomainName, 'a')));
  EXPECT_FALSE(is_domain_name(std::string(kMaxDomainName + 1, 'a')));
}

TEST(TopicNameTest, HasItsFormAndItsBound) {
  for (const char* good : {"a", "stock.low", "my-shop_2.sold"})
    EXPECT_TRUE(is_topic_name(good)) << good;
  for (const char* bad : {"", "Sold", ".a", "2nd", "a b"}) EXPECT_FALSE(is_topic_name(bad)) << bad;
  EXPECT_TRUE(is_topic_name(std::string(128, 'a')));
  EXPECT_FALSE(is_topic_name(std::string(129, 'a')));
}

std::string fault(const std::string& pattern) {
  std::vector<std::string> parameters;
  return route_pattern_fault(pattern, parameters);
}

TEST(RoutePatternTest, NamesItsParameters) {
  std::vector<std::string> parameters;
  EXPECT_EQ(route_pattern_fault("/:order_id/items/:n2/a-_.~", parameters), "");
  EXPECT_EQ(parameters, (std::vector<std::string>{"order_id", "n2"}));
  EXPECT_EQ(fault(""), "");
}

TEST(RoutePatternTest, SaysWhatIsWrong) {
  const auto segment = [](const std::string& text) {
    return "has the segment \"" + text +
           "\"; a literal has letters, digits and -_.~, a parameter is :name";
  };
  EXPECT_EQ(fault("ship"), "does not begin with a slash");
  EXPECT_EQ(fault("/"), "ends in a slash, which no request can reach");
  EXPECT_EQ(fault("/a//b"), "has an empty segment");
  EXPECT_EQ(fault("/:"), segment(":"));
  EXPECT_EQ(fault("/:2nd"), segment(":2nd"));
  EXPECT_EQ(fault("/:a-b"), segment(":a-b"));
  EXPECT_EQ(fault("/a b"), segment("a b"));
  EXPECT_EQ(fault("/a:b"), segment("a:b"));
  EXPECT_EQ(fault("/:id/:id"), "names the parameter :id twice");
  EXPECT_EQ(fault("/:a/:b/:c/:d/:e/:f/:g/:h/:i"), "has 9 parameters; at most 8 are possible");
  EXPECT_EQ(fault('/' + std::string(kMaxRoutePattern, 'a')),
            "has 256 bytes; at most 255 are possible");
  EXPECT_EQ(fault('/' + std::string(kMaxRoutePattern - 1, 'a')), "");
}

}  // namespace
}  // namespace composable::host
