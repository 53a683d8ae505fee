#include "plugin/library.hpp"

#include <gtest/gtest.h>

#include "composable/abi/domain.h"
#include "plugin/disposable_thread.hpp"
#include "plugin_files.hpp"

namespace composable::host {
namespace {

class LibraryTest : public testing::Test {
 protected:
  // A copy under a name that no other test uses: the loader tells libraries apart by it.
  std::filesystem::path copy_of(std::string_view name) {
    const auto path = directory_ / name;
    std::filesystem::copy_file(fixture(name), path);
    return path;
  }

  static void enter(const Library& library) {
    const auto entry =
        reinterpret_cast<composable_plugin_entry>(library.symbol(COMPOSABLE_PLUGIN_ENTRY_SYMBOL));
    composable_error error{};
    ASSERT_NE(entry, nullptr);
    EXPECT_NE(entry(nullptr, &error), nullptr);
  }

  TemporaryDirectory directory_;
};

TEST_F(LibraryTest, WhatIsUnloadedIsGone) {
  const auto path = copy_of("tiny.so");
  auto library = Library::open(path);
  ASSERT_TRUE(library.ok()) << library.status();
  EXPECT_GT(mappings_with(path.string()), 0u);
  enter(*library);
  EXPECT_EQ(library->symbol("no_such_symbol"), nullptr);

  const UnloadResult result = library->unload();
  EXPECT_TRUE(result.unmapped) << result.reason;
  EXPECT_EQ(mappings_with(path.string()), 0u);
  EXPECT_FALSE(*library);
  EXPECT_TRUE(library->unload().unmapped) << "a second time there is nothing to do";
}

TEST_F(LibraryTest, AFileOfTheSameNameElsewhereIsAnotherLibrary) {
  const TemporaryDirectory elsewhere;
  std::filesystem::copy_file(fixture("tiny.so"), elsewhere / "tiny.so");
  const auto other = Library::open(elsewhere / "tiny.so");
  ASSERT_TRUE(other.ok());
  auto library = Library::open(copy_of("tiny.so"));
  ASSERT_TRUE(library.ok());
  const UnloadResult result = library->unload();
  EXPECT_TRUE(result.unmapped) << result.reason;
  enter(*other);
}

TEST_F(LibraryTest, ARefusalHasTheLoadersOwnWordsOnly) {
  const auto path = directory_ / "text.so";
  write_file(path, "this is a text file, and a long one at that, longer than any header of ELF");
  EXPECT_EQ(message_of(Library::open(path).status()), "invalid ELF header");
}

TEST_F(LibraryTest, MovingItMovesTheCode) {
  auto library = Library::open(copy_of("tiny.so"));
  ASSERT_TRUE(library.ok());
  Library moved = *std::move(library);
  enter(moved);
  Library other;
  other = std::move(moved);
  enter(other);
  EXPECT_TRUE(other.unload().unmapped);
}

TEST_F(LibraryTest, TheEndUnloads) {
  const auto path = copy_of("tiny.so");
  { auto library = Library::open(path); }
  EXPECT_EQ(mappings_with(path.string()), 0u);
}

TEST_F(LibraryTest, APinnedLibraryStaysAndSaysSo) {
  const auto path = copy_of("tiny.so");
  auto library = Library::open(path);
  ASSERT_TRUE(library.ok());
  library->pin();
  const UnloadResult result = library->unload();
  EXPECT_FALSE(result.unmapped);
  EXPECT_EQ(result.reason, "it is permanent");
  EXPECT_GT(mappings_with(path.string()), 0u);
}

TEST_F(LibraryTest, ThreadLocalObjectsOfADisposableThreadDoNotHoldTheCode) {
  auto library = Library::open(copy_of("thread_local_destructor.so"));
  ASSERT_TRUE(library.ok()) << library.status();
  on_disposable_thread([&] { enter(*library); });
  const UnloadResult result = library->unload();
  EXPECT_TRUE(result.unmapped) << result.reason;
}

TEST_F(LibraryTest, CodeThatAThreadStillHoldsIsReportedAsMapped) {
  auto library = Library::open(copy_of("thread_local_destructor.so"));
  ASSERT_TRUE(library.ok()) << library.status();
  UnloadResult result;
  on_disposable_thread([&] {
    enter(*library);  // on the thread that asks for the unload, which is still there
    result = library->unload();
  });
  EXPECT_FALSE(result.unmapped);
  EXPECT_TRUE(result.reason.starts_with("the loader still lists it, ")) << result.reason;
}

}  // namespace
}  // namespace composable::host
