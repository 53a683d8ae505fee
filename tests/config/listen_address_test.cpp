#include "config/listen_address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace composable::host {
namespace {

using testing::ElementsAre;

TEST(ConfiguredAddress, IsAHostAndAPort) {
  ConfiguredAddress address;
  ASSERT_TRUE(parse_listen_address("127.0.0.1:80", address));
  EXPECT_EQ(address, (ConfiguredAddress{"127.0.0.1", 80}));
  ASSERT_TRUE(parse_listen_address("[::1]:65535", address));
  EXPECT_EQ(address, (ConfiguredAddress{"::1", 65535}));
  ASSERT_TRUE(parse_listen_address(":0", address));
  EXPECT_EQ(address, (ConfiguredAddress{"", 0}));
}

TEST(ConfiguredAddress, NothingElseIs) {
  ConfiguredAddress address;
  for (const char* text : {"", "80", "127.0.0.1", "::1", "::1:80", "a:", "a:65536", "a:-1", "a:+1",
                           "a: 1", "a:1 ", "a:1x"}) {
    EXPECT_FALSE(parse_listen_address(text, address)) << text;
  }
}

TEST(ConfiguredAddress, LocalhostIsBothLoopbacks) {
  EXPECT_THAT(listen_addresses({.hosts = {"localhost", "10.0.0.1"}, .port = 8080}),
              ElementsAre(ConfiguredAddress{"127.0.0.1", 8080, false},
                          ConfiguredAddress{"::1", 8080, false},
                          ConfiguredAddress{"10.0.0.1", 8080, true}));
}

TEST(ConfiguredAddress, TheAdminListenerIsOnTheLoopbackUnlessItIsTold) {
  EXPECT_EQ(admin_address({.listen = ""}), std::nullopt);
  EXPECT_EQ(admin_address({.listen = ":9000"}), (ConfiguredAddress{"127.0.0.1", 9000}));
  EXPECT_EQ(admin_address({.listen = "localhost:9000"}), (ConfiguredAddress{"127.0.0.1", 9000}));
  EXPECT_EQ(admin_address({.listen = "[::]:9000"}), (ConfiguredAddress{"::", 9000}));
}

std::string repeated(std::vector<std::string> hosts, std::string admin = "",
                     std::uint64_t port = 3000) {
  Config config;
  config.listen = {.hosts = std::move(hosts), .port = port};
  config.admin.listen = std::move(admin);
  return repeated_address(config);
}

TEST(RepeatedAddress, IsOneAddressInAnySpelling) {
  EXPECT_EQ(repeated({"127.0.0.1", "127.0.0.1"}),
            "config.listen.hosts: 127.0.0.1 is named twice; name it once");
  EXPECT_EQ(repeated({"localhost", "localhost"}),
            "config.listen.hosts: localhost is named twice; name it once");
  EXPECT_EQ(repeated({"localhost", "127.0.0.1"}),
            "config.listen.hosts: 127.0.0.1 is named twice, as localhost and as 127.0.0.1; name it "
            "once");
  EXPECT_EQ(repeated({"::1", "0:0:0:0:0:0:0:1"}),
            "config.listen.hosts: ::1 is named twice, as ::1 and as 0:0:0:0:0:0:0:1; name it once");
  EXPECT_EQ(repeated({"10.0.0.1", "::ffff:10.0.0.1"}),
            "config.listen.hosts: 10.0.0.1 is named twice, as 10.0.0.1 and as ::ffff:10.0.0.1; "
            "name it once");
  EXPECT_EQ(repeated({"127.0.0.1", "0.0.0.0"}),
            "config.listen.hosts: 127.0.0.1 is named twice, since 0.0.0.0 is every IPv4 address of "
            "this machine; name one of them");
  EXPECT_EQ(repeated({"::", "::1"}),
            "config.listen.hosts: ::1 is named twice, since :: is every IPv6 address of this "
            "machine; name one of them");
}

TEST(RepeatedAddress, CountsTheAdminListenerIn) {
  const std::string told =
      "config.admin.listen: localhost:3000 is named twice, here and in config.listen; give the "
      "admin listener a port of its own";
  EXPECT_EQ(repeated({"localhost"}, "localhost:3000"), told);
  EXPECT_EQ(repeated({"0.0.0.0"}, "localhost:3000"), told);
  EXPECT_EQ(repeated({"::1"}, "localhost:3000"), "");
  EXPECT_EQ(repeated({"localhost"}, "localhost:3001"), "");
  EXPECT_EQ(repeated({"localhost"}, "localhost:0", 0), "") << "two free ports";
}

TEST(RepeatedAddress, IsNotTwoAddresses) {
  EXPECT_EQ(repeated({"localhost"}), "");
  EXPECT_EQ(repeated({"127.0.0.1", "::1", "10.0.0.1"}), "");
  EXPECT_EQ(repeated({"0.0.0.0", "::"}), "");
}

}  // namespace
}  // namespace composable::host
