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
              ElementsAre(ConfiguredAddress{"127.0.0.1", 8080}, ConfiguredAddress{"::1", 8080},
                          ConfiguredAddress{"10.0.0.1", 8080}));
}

}  // namespace
}  // namespace composable::host
