#include "app/addresses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observe/log_capture.hpp"

namespace composable::host {
namespace {

using testing::HasSubstr;

std::vector<std::string> texts(const std::vector<ListenAddress>& addresses) {
  std::vector<std::string> texts;
  for (const ListenAddress& address : addresses) texts.push_back(address.text());
  return texts;
}

// Something that listens on a port of its own.
struct Taken {
  explicit Taken(const char* host) : socket(*listen_tcp({host, 0})), port(*bound_port(socket)) {}
  UniqueFd socket;
  std::uint16_t port;
};

TEST(PublicAddresses, AreAllThatWereNamedWhetherTheyWorkOrNot) {
  const Taken taken("127.0.0.1");
  const auto found = public_addresses({.hosts = {"127.0.0.1", "192.0.2.1"}, .port = taken.port});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(texts(*found), (std::vector<std::string>{"127.0.0.1:" + std::to_string(taken.port),
                                                     "192.0.2.1:" + std::to_string(taken.port)}));
}

TEST(PublicAddresses, OfLocalhostAreThoseThatWork) {
  LogCapture log;
  const Taken taken("127.0.0.1");
  const auto found = public_addresses({.hosts = {"localhost"}, .port = taken.port});
  const std::string at = "127.0.0.1:" + std::to_string(taken.port);
  if (!found.ok()) GTEST_SKIP() << "no IPv6 here: " << found.status();
  EXPECT_EQ(texts(*found), std::vector<std::string>{"[::1]:" + std::to_string(taken.port)});
  ASSERT_EQ(log.lines().size(), 1u);
  EXPECT_THAT(log.lines()[0],
              HasSubstr("warn host not_listening reason=\"" + at + ": the port is"));
}

TEST(PublicAddresses, ThatNoneWorksIsAnErrorAndNamesTheFirst) {
  LogCapture log;
  const Taken v4("127.0.0.1");
  const auto v6 = listen_tcp({"::1", v4.port});  // where there is IPv6
  const auto found = public_addresses({.hosts = {"localhost"}, .port = v4.port});
  EXPECT_THAT(std::string(found.status().message()), HasSubstr("127.0.0.1:"));
  EXPECT_EQ(log.lines().size(), 2u);
}

TEST(AdminOptions, HaveAnAddressOnRequest) {
  Config config;
  config.data_dir = "data";
  EXPECT_FALSE(admin_options(config).tcp);
  EXPECT_EQ(admin_options(config).data_directory, "data");
  config.admin.listen = "localhost:9000";
  EXPECT_EQ(admin_options(config).tcp->text(), "127.0.0.1:9000");
}

}  // namespace
}  // namespace composable::host
