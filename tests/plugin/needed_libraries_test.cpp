// A plugin's own library, which changes while one of its generations is mapped.
#include "plugin/needed_libraries.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <chrono>

#include "plugin/loader.hpp"
#include "plugin_files.hpp"
#include "runtime/unique_fd.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

class NeededLibraries : public testing::Test {
 protected:
  NeededLibraries() {
    fs::create_directories(helper_.parent_path());
    // Tests run side by side, and all of them replace this file.
    lock_ = UniqueFd(::open(helper_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    EXPECT_EQ(::flock(lock_.get(), LOCK_EX), 0);
    replace();
  }

  void replace() {
    fs::copy_file(HELPER_LIBRARY, helper_.string() + ".new", fs::copy_options::overwrite_existing);
    fs::rename(helper_.string() + ".new", helper_);
  }
  std::string refusal(std::string_view name = "needs_helper.so") {
    const auto plugin = loader_.load(fixture(name));
    return plugin.ok() ? "" : message_of(plugin.status());
  }
  std::string changed(std::string_view name = "needs_helper.so") const {
    return fixture(name).string() + ": it needs " + helper_.string() +
           ", which has changed since this host mapped it: the host would run it with the old one, "
           "which it was not tried with; link it into the plugin, give the new one another name, "
           "or "
           "restart the host";
  }

  UniqueFd lock_;
  TemporaryDirectory directory_;
  std::unique_ptr<RunDirectory> run_ = *RunDirectory::open(directory_ / "run");
  Loader loader_{*run_, {}};
  const fs::path helper_ = fixture("helper") / "libtiny_helper.so";  // where the plugin looks
};

TEST_F(NeededLibraries, ThatAreTheSameServeEveryGeneration) {
  auto first = loader_.load(fixture("needs_helper.so"));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(refusal(), "");
}

TEST_F(NeededLibraries, ThatWereReplacedAreRefusedWhileTheOldOneIsMapped) {
  auto first = loader_.load(fixture("needs_helper.so"));
  ASSERT_TRUE(first.ok()) << first.status();
  replace();
  EXPECT_EQ(refusal(), changed());
  EXPECT_TRUE(first->unload().unmapped);
  EXPECT_EQ(refusal(), "") << "it is mapped anew";
}

TEST_F(NeededLibraries, ThatWereWrittenInPlaceAreRefusedToo) {
  auto first = loader_.load(fixture("needs_helper.so"));
  ASSERT_TRUE(first.ok()) << first.status();
  fs::last_write_time(helper_, fs::last_write_time(helper_) + std::chrono::seconds(1));
  EXPECT_EQ(refusal(), changed());
}

TEST_F(NeededLibraries, OfLibrariesAreLookedAtToo) {
  auto first = loader_.load(fixture("needs_relay.so"));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(refusal("needs_relay.so"), "");
  replace();
  EXPECT_EQ(refusal("needs_relay.so"), changed("needs_relay.so"));
}

TEST_F(NeededLibraries, OfTheSystemAreNotLookedAt) {
  auto plugin = loader_.load(fixture("thread_local_destructor.so"));  // with libstdc++
  ASSERT_TRUE(plugin.ok()) << plugin.status();
  EXPECT_EQ(changed_library_of(plugin->copy()), fs::path());
}

}  // namespace
}  // namespace composable::host
