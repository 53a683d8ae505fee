#include "config/database_url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace composable::host {
namespace {

std::string refusal(std::string_view url) {
  return std::string(parse_database_url(url, "data").status().message());
}

TEST(DatabaseUrl, NoneIsSqliteInTheDataDirectory) {
  const auto database = parse_database_url("", "data");
  ASSERT_TRUE(database.ok());
  EXPECT_FALSE(database->in_memory);
  EXPECT_EQ(database->file, "data/events.db");
}

TEST(DatabaseUrl, SqliteNamesAFile) {
  EXPECT_EQ(parse_database_url("sqlite:orders.db", "data")->file, "orders.db");
  EXPECT_EQ(parse_database_url("sqlite:/var/orders.db", "data")->file, "/var/orders.db");
  EXPECT_EQ(parse_database_url("sqlite:///var/orders.db", "data")->file, "/var/orders.db");
}

TEST(DatabaseUrl, MemoryKeepsNothing) {
  EXPECT_TRUE(parse_database_url("memory:", "data")->in_memory);
}

TEST(DatabaseUrl, PostgresqlIsRefusedWithoutShowingTheUrl) {
  const std::string expected =
      "database_url: postgresql is not supported by this host; use sqlite: or memory:";
  EXPECT_EQ(refusal("postgresql://shop:hunter2@db/orders"), expected);
  EXPECT_EQ(refusal("postgres://shop:hunter2@db/orders"), expected);
}

TEST(DatabaseUrl, OtherRefusalsDoNotShowItEither) {
  EXPECT_EQ(refusal("hunter2://x"),
            "database_url: expected sqlite:<file> or memory:, found another scheme");
  EXPECT_EQ(refusal("sqlite:"),
            "database_url: expected a file after sqlite:, found none; use memory: to keep nothing");
  EXPECT_EQ(refusal("sqlite::memory:"),
            "database_url: expected a file after sqlite:, found none; use memory: to keep nothing");
  EXPECT_EQ(refusal("sqlite:a.db?key=hunter2"),
            "database_url: expected only a file after sqlite:, found a query; leave it out");
}

}  // namespace
}  // namespace composable::host
