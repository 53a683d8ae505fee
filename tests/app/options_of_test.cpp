// Each setting reaches the option of its name.
#include "app/options_of.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

TEST(OptionsOf, HttpHasEveryLimit) {
  Config config;
  config.http.header_bytes = 1;
  config.http.header_count = 2;
  config.http.target_bytes = 3;
  config.http.body_bytes = 4;
  config.http.bodies_bytes = 5;
  config.http.unsent_bytes = 6;
  config.http.connections = 7;
  config.http.request_ms = 8'000;
  config.http.keep_alive_ms = 9;
  config.http.write_ms = 10;
  config.allowed_origins = {"https://shop.example"};
  config.allowed_hosts = {"shop.example"};
  config.trusted_proxies = {"10.0.0.0/8", "::1"};
  const HttpOptions options = http_options(config);
  EXPECT_EQ(options.limits.header_bytes, 1u);
  EXPECT_EQ(options.limits.header_count, 2u);
  EXPECT_EQ(options.limits.target_bytes, 3u);
  EXPECT_EQ(options.limits.body_bytes, 4u);
  EXPECT_EQ(options.limits.bodies_bytes, 5u);
  EXPECT_EQ(options.limits.unsent_bytes, 6u);
  EXPECT_EQ(options.limits.connections, 7u);
  EXPECT_EQ(options.limits.request_ms, 8'000);
  EXPECT_EQ(options.limits.keep_alive_ms, 9);
  EXPECT_EQ(options.limits.write_ms, 10);
  EXPECT_EQ(options.limits.tick_ms, 1'000) << "at most a second";
  EXPECT_EQ(options.allowed_origins, config.allowed_origins);
  EXPECT_EQ(options.allowed_hosts, config.allowed_hosts);
  EXPECT_EQ(options.trusted_proxies.size(), 2u);
  config.http.request_ms = 4;
  EXPECT_EQ(http_options(config).limits.tick_ms, 10) << "at least ten milliseconds";
}

TEST(OptionsOf, SocketsHaveEveryLimit) {
  Config config;
  config.websocket.message_bytes = 1;
  config.websocket.messages_per_second = 2;
  config.websocket.sockets_per_address = 3;
  config.websocket.sockets_from_loopback = 4;
  config.websocket.unsent_bytes = 5;
  config.websocket.ping_ms = 6;
  const WebsocketOptions options = websocket_options(config, {});
  EXPECT_EQ(options.message_bytes, 1u);
  EXPECT_EQ(options.messages_per_second, 2u);
  EXPECT_EQ(options.sockets_per_address, 3u);
  EXPECT_EQ(options.sockets_from_loopback, 4u);
  EXPECT_EQ(options.unsent_bytes, 5u);
  EXPECT_EQ(options.ping_interval_us, 6'000);
  EXPECT_NE(options.addresses, nullptr) << "one count for all loops";
}

TEST(OptionsOf, StoresHaveEveryLimit) {
  Config config;
  config.store.mailbox = 1;
  config.store.flight = 2;
  config.store.append_bytes = 3;
  config.store.delays = 4;
  config.store.subscriber_actions = 5;
  config.store.command_ms = 6;
  const StoreOptions options = store_options(config, 7);
  EXPECT_EQ(options.mailbox, 1u);
  EXPECT_EQ(options.flight, 2u);
  EXPECT_EQ(options.flight_bytes, 3u);
  EXPECT_EQ(options.delays, 4u);
  EXPECT_EQ(options.subscriber_actions, 5u);
  EXPECT_EQ(options.timeout_ms, 6u);
  EXPECT_EQ(options.number, 7u);
}

TEST(OptionsOf, ThreadsAreThoseOfTheMachineUnlessTheyAreTold) {
  EXPECT_EQ(thread_count(3), 3u);
  EXPECT_GE(thread_count(0), 1u);
}

}  // namespace
}  // namespace composable::host
