// Every plugin that a host must refuse, in one directory with two that it must take: each refusal
// word for word.
#include <gtest/gtest.h>

#include <map>

#include "plugin/registry.hpp"
#include "plugin_files.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

class BadPlugins : public testing::Test {
 protected:
  BadPlugins() {
    fs::create_directory(plugins_);
    for (const char* from : {BAD_PLUGINS_DIR, FIXTURE_PLUGINS_DIR, COUNTER_PLUGINS_DIR}) {
      fs::copy(from, plugins_);
    }
    EXPECT_TRUE(registry_.load({plugins_}).ok());
    for (const RefusedPlugin& refused : registry_.refused()) {
      const std::string where = refused.file + ": ";
      EXPECT_TRUE(refused.reason.starts_with(where)) << refused.reason;
      reasons_[fs::path(refused.file).stem()] = refused.reason.substr(where.size());
    }
  }

  TemporaryDirectory directory_;
  const fs::path plugins_ = directory_ / "plugins";
  std::unique_ptr<RunDirectory> run_ = *RunDirectory::open(directory_ / "run");
  Loader loader_{*run_, {}};
  Registry registry_{loader_};
  std::map<std::string, std::string> reasons_;
};

TEST_F(BadPlugins, AreRefusedWordForWord) {
  const std::map<std::string, std::string> expected = {
      {"bad_action_name",
       "actions[0]: the name \"not a name\" is not of the form [A-Za-z][A-Za-z0-9_]*"},
      {"create_fails",
       "create: mail.from: expected an address, found nothing; see domains.create_fails in the "
       "configuration"},
      {"duplicate_domain",
       "the domain \"counter\" is already served by counter.so; remove one of them"},
      {"entry_fails", "its entry returned no domain: needs a host with composable.mail/1"},
      {"no_note",
       "not a plugin: it has no .note.composable; build it with composable_add_plugin, and declare "
       "it with COMPOSABLE_PLUGIN in C++ or COMPOSABLE_NOTE in C"},
      {"no_symbol",
       "it exports no composable_plugin_entry_v1; declare the domain with COMPOSABLE_PLUGIN in "
       "C++, or define that function with default visibility in C"},
      {"short_table",
       "domain table: struct_size is 56, at least 120 is needed; build against this SDK"},
      {"throws_in_create",
       "its create let an exception out: the database of the plugin is away; catch it in the "
       "plugin and return COMPOSABLE_E_EXCEPTION"},
      {"unresolved_symbol",
       "it cannot be mapped: undefined symbol: composable_test_function_that_nobody_defines; link "
       "the library into it, or install it"},
      {"wrong_abi",
       "built for abi 9.0, this host speaks 1.0; rebuild it with the SDK of this host"},
  };
  EXPECT_EQ(reasons_, expected);
}

// Two routes of one plugin clash where all routes meet: in the router, whose verdict comes back.
TEST_F(BadPlugins, TheOneWithARouteTwiceIsLeftToTheRouter) {
  EXPECT_EQ(reasons_.size() + 1, files_in(BAD_PLUGINS_DIR));
  ASSERT_NE(registry_.find("duplicate_route"), nullptr);
  registry_.refuse("duplicate_route", "GET /twice is declared twice; remove one of them");
  EXPECT_EQ(registry_.find("duplicate_route"), nullptr);
  EXPECT_EQ(registry_.refused().back().reason,
            (plugins_ / "duplicate_route.so").string() +
                ": GET /twice is declared twice; remove one of them");
}

TEST_F(BadPlugins, DoNotKeepGoodOnesFromLoading) {
  EXPECT_NE(registry_.find("counter"), nullptr);
  EXPECT_NE(registry_.find("probe"), nullptr);
  EXPECT_NE(registry_.find("listener"), nullptr);
  registry_.refuse("duplicate_route", "clash");
  EXPECT_EQ(registry_.plugins().size(), 3u);
  EXPECT_EQ(files_in(run_->path()), 3u) << "copies of the refused ones are left";
}

}  // namespace
}  // namespace composable::host
