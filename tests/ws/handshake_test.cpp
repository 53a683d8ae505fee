#include "ws/handshake.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

TEST(HandshakeTest, AnswersTheExampleOfTheRfc) {
  EXPECT_EQ(websocket_accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

}  // namespace
}  // namespace composable::host
