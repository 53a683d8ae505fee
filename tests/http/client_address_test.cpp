#include "http/client_address.hpp"

#include <gtest/gtest.h>

#include "http/request_builder.hpp"

namespace composable::host {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(IpAddressTest, ReadsAddressesWithAndWithoutPort) {
  EXPECT_EQ(ip("192.0.2.7").text(), "192.0.2.7");
  EXPECT_EQ(ip("192.0.2.7:443").text(), "192.0.2.7");
  EXPECT_EQ(ip("2001:db8::1").text(), "2001:db8::1");
  EXPECT_EQ(ip("[2001:db8::1]:443").text(), "2001:db8::1");
  EXPECT_EQ(ip("::ffff:192.0.2.7"), ip("192.0.2.7"));
}

TEST(IpAddressTest, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "unknown", "192.0.2", "192.0.2.7:", "192.0.2.7:x", "[::1", "[::1]x",
                           "192.0.2.7.example", "::1::2", "192.0.2.7:123456"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpRangeTest, ContainsByItsPrefix) {
  const IpRange ten = IpRange::parse("10.0.0.0/8").value();
  EXPECT_TRUE(ten.contains(ip("10.255.1.2")));
  EXPECT_FALSE(ten.contains(ip("11.0.0.1")));
  const IpRange odd = IpRange::parse("192.0.2.128/25").value();
  EXPECT_TRUE(odd.contains(ip("192.0.2.200")));
  EXPECT_FALSE(odd.contains(ip("192.0.2.100")));
  EXPECT_TRUE(IpRange::parse("2001:db8::/32")->contains(ip("2001:db8:1::1")));
  EXPECT_FALSE(IpRange::parse("10.0.0.0/33"));
  EXPECT_FALSE(IpRange::parse("10.0.0.0/x"));
}

std::string client(std::string_view peer, RequestBuilder::Headers headers) {
  const std::vector<IpRange> trusted = {IpRange::parse("10.0.0.0/8").value()};
  RequestBuilder request(Method::kGet, "/", headers);
  return client_address(request.view(), ip(peer), trusted).text();
}

TEST(ClientAddressTest, BelievesOnlyTrustedProxies) {
  EXPECT_EQ(client("203.0.113.9", {{"X-Forwarded-For", "192.0.2.1"}}), "203.0.113.9");
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "192.0.2.1"}}), "192.0.2.1");
  EXPECT_EQ(client("10.0.0.1", {}), "10.0.0.1");
}

TEST(ClientAddressTest, TakesTheRightMostUntrustedOfAllLines) {
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "198.51.100.66, 192.0.2.1"},
                                {"x-forwarded-for", "10.0.0.3 , 10.0.0.2"}}),
            "192.0.2.1");
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "10.0.0.9, 10.0.0.2"}}), "10.0.0.9");
}

TEST(ClientAddressTest, StopsAtWhatItCannotRead) {
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "192.0.2.1, unknown, 10.0.0.2"}}), "10.0.0.2");
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "192.0.2.1,"}}), "10.0.0.1");
}

}  // namespace
}  // namespace composable::host
