#include "events/open_event_store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "events/data_directory.hpp"
#include "sqlite_fixture.hpp"

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

TEST(OpenEventStore, TheQueueHasTheLimitsThatAreAskedFor) {
  TempDirectory directory;
  auto store = open_event_store("sqlite:", directory.path(), system_clock(), {2, 4'000});
  ASSERT_TRUE(store.ok()) << store.status();
  Gate gate;
  gate.close_behind(**store);
  Answers answers;
  StreamAppend large = to("order-1", Expected::kAny);
  large.events[0].data.assign(5'000, 'x');
  (*store)->append(request({std::move(large)}), answers);
  ASSERT_EQ(answers.results().size(), 1u);
  EXPECT_EQ(answers.results()[0].code, AppendCode::kOverloaded);
  EXPECT_EQ(answers.results()[0].message,
            "append: the queue is full, at most 2 requests of 4000 bytes wait; try again later");
  for (int i = 0; i < 3; ++i) (*store)->append(request({to("order-1", Expected::kAny)}), answers);
  EXPECT_EQ(answers.results().size(), 2u);
  gate.open();
  answers.wait_for(4);
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
  EXPECT_EQ(open_event_store("sqlite:/elsewhere/x.db", "", system_clock()).status().message(),
            "database_url: sqlite: takes no path, the file is events.db in data_dir; set data_dir");
}

// A second host must not have the log by another name.
TEST(OpenEventStore, ALinkToALogIsThatLog) {
  namespace fs = std::filesystem;
  TempDirectory directory;
  fs::create_directory(directory.file("link"));
  fs::create_symlink("../data/events.db", directory.file("link/events.db"));
  EXPECT_EQ(
      open_event_store("", directory.file("link"), system_clock()).status().message(),
      directory.file("link/events.db") +
          ": it leads to ../data/events.db, which is not there; mount it, or remove the link");
  EXPECT_FALSE(fs::exists(directory.file("data"))) << "and none is made";
  auto store = open_event_store("", directory.file("data"), system_clock());
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(append(**store, request({to("order-1", Expected::kAny)})).code, AppendCode::kOk);
  const std::string lock = fs::canonical(directory.file("data/events.db")).string() + ".lock";
  EXPECT_EQ(open_event_store("", directory.file("link"), system_clock()).status().message(),
            lock + ": held by another host, process " + std::to_string(::getpid()) +
                "; stop it, or give this one another data directory");
  store->reset();
  store = open_event_store("", directory.file("link"), system_clock());
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->stats().head, 1u);
  EXPECT_FALSE(fs::exists(directory.file("link/events.db.lock")));
}

TEST(DataDirectory, ANewOneIsItsOwnersAloneWhateverTheUmask) {
  const auto rights = [](const std::string& path) {
    return static_cast<unsigned>(std::filesystem::status(path).permissions());
  };
  const mode_t before = ::umask(0);
  for (const mode_t mask : {0u, 022u, 027u}) {
    ::umask(mask);
    for (const char* name : {"plain", "parent/deep", "slash/", "twice//slash//"}) {
      TempDirectory directory;
      EXPECT_TRUE(make_data_directory(directory.file(name)).ok()) << name;
      EXPECT_EQ(rights(directory.file(name)), 0700u) << name << " under umask " << mask;
    }
  }
  ::umask(before);
  TempDirectory directory;  // what is there is its owner's business
  ASSERT_EQ(::mkdir(directory.file("there").c_str(), 0755), 0);
  const unsigned there = rights(directory.file("there"));
  EXPECT_TRUE(make_data_directory(directory.file("there")).ok());
  EXPECT_EQ(rights(directory.file("there")), there);
}

TEST(OpenEventStore, ADirectoryThatCannotBeMadeIsNamed) {
  const auto status = open_event_store("", "/proc/nowhere", system_clock()).status();
  EXPECT_NE(status.message().find("data_dir: /proc/nowhere cannot be made"), std::string::npos)
      << status;
}

}  // namespace
}  // namespace composable::host::testing
