// Every JSON line of docs/websocket.md is what it says: client messages are accepted by the reader,
// and all of it is JSON that begins with its type.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "ws/json_scan.hpp"
#include "ws/message.hpp"

namespace composable::host {
namespace {

TEST(DocumentationTest, ShowsOnlyMessagesThatAreGood) {
  std::ifstream page(COMPOSABLE_WEBSOCKET_PAGE);
  ASSERT_TRUE(page);
  bool in_block = false, client = false;
  int messages = 0, client_messages = 0;
  for (std::string line; std::getline(page, line);) {
    if (line == "## Client messages") client = true;
    if (line == "## Host messages") client = false;
    if (line.starts_with("```")) {
      in_block = line == "```json";
      continue;
    }
    if (!in_block) continue;
    ++messages;
    ASSERT_FALSE(check_json(line)) << line;
    EXPECT_EQ(json_members(line).front().name, "type") << line;
    if (!client) continue;
    ++client_messages;
    const ClientMessage message = read_message(line);
    const Refusal* refusal = std::get_if<Refusal>(&message.body);
    EXPECT_EQ(refusal, nullptr) << line;
  }
  EXPECT_GE(messages, 10);
  EXPECT_GE(client_messages, 5);
}

}  // namespace
}  // namespace composable::host
