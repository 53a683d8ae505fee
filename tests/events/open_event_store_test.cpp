#include "events/open_event_store.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

TEST(OpenEventStore, SqliteIsTheDefaultAndMakesItsDirectory) {
  TempDirectory directory;
  for (const char* url : {"", "sqlite:"}) {
    auto store = open_event_store(url, directory.file("data/deep"), system_clock());
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ(append(**store, request({to("order-1", Expected::kAny)})).code, AppendCode::kOk);
  }
  EXPECT_TRUE(std::filesystem::exists(directory.file("data/deep/events.db")));
}

TEST(OpenEventStore, MemoryNeedsNoDirectory) {
  auto store = open_event_store("memory:", "/nowhere", system_clock());
  ASSERT_TRUE(store.ok());
  EXPECT_EQ(append(**store, request({to("order-1", Expected::kAny)})).code, AppendCode::kOk);
}

TEST(OpenEventStore, PostgresqlIsRefusedWithoutShowingTheUrl) {
  for (const char* url : {"postgresql://user:secret@db/log", "postgres://user:secret@db/log"}) {
    EXPECT_EQ(open_event_store(url, "", system_clock()).status().message(),
              "database_url: postgresql is not supported by this host; use sqlite: or memory:");
  }
}

TEST(OpenEventStore, AnUnknownSchemeIsRefusedWithoutShowingTheUrl) {
  EXPECT_EQ(open_event_store("mysql://user:secret@db/log", "", system_clock()).status().message(),
            "database_url: unknown scheme; use sqlite: or memory:");
}

TEST(OpenEventStore, SqliteWithAPathIsRefused) {
  EXPECT_EQ(open_event_store("sqlite:/tmp/x.db", "", system_clock()).status().message(),
            "database_url: sqlite: takes no path, the file is events.db in data_dir; set data_dir");
}

TEST(OpenEventStore, ADirectoryThatCannotBeMadeIsNamed) {
  const auto status = open_event_store("", "/proc/nowhere", system_clock()).status();
  EXPECT_NE(status.message().find("data_dir: /proc/nowhere cannot be made"), std::string::npos)
      << status;
}

}  // namespace
}  // namespace composable::host::testing
