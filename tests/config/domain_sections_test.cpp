#include "config/domain_sections.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace composable::host {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DomainSectionsTest : public testing::Test {
 protected:
  DomainSectionsTest() {
    std::string pattern = (fs::temp_directory_path() / "composable-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    file_ = (directory_ / "composable.json").string();
  }
  ~DomainSectionsTest() override { fs::remove_all(directory_); }

  void write(std::string_view text) const { std::ofstream(file_) << text; }
  DomainSections read(std::string_view text) const {
    write(text);
    Sources sources;
    sources.flags.config = file_;
    const LoadedConfig loaded = load_config(sources);
    EXPECT_TRUE(loaded.ok());
    return DomainSections(loaded);
  }

  fs::path directory_;
  std::string file_;
};

TEST_F(DomainSectionsTest, AreReadAgain) {
  DomainSections sections = read(R"({"domains": {"orders": {"limit": 1}}})");
  EXPECT_EQ(sections.of("orders"), R"({"limit":1})");
  EXPECT_EQ(sections.of("other"), "{}");
  auto reread = sections.read_again();
  ASSERT_TRUE(reread.ok());
  EXPECT_FALSE(reread->changed);
  write(R"({"domains": {"orders": {"limit": 2}, "other": {"a": true}}})");
  reread = sections.read_again();
  ASSERT_TRUE(reread.ok());
  EXPECT_TRUE(reread->changed);
  EXPECT_THAT(reread->needs_restart, IsEmpty());
  EXPECT_EQ(sections.of("orders"), R"({"limit":2})");
  EXPECT_EQ(sections.of("other"), R"({"a":true})");
}

TEST_F(DomainSectionsTest, AMistakeAnywhereKeepsTheOldOnesAndNamesItsPlace) {
  DomainSections sections = read(R"({"domains": {"orders": {"limit": 1}}})");
  write("{\"listen\": {\"prt\": 1},\n\"domains\": {\"orders\": {\"limit\": 2}, \"b\": 1}}");
  const auto reread = sections.read_again();
  ASSERT_FALSE(reread.ok());
  EXPECT_EQ(reread.status().message(),
            "config.listen.prt: unknown key; did you mean listen.port? (line 1); config.domains.b: "
            "expected an object, found a number (line 2)");
  EXPECT_EQ(sections.of("orders"), R"({"limit":1})");
  fs::remove(file_);
  EXPECT_THAT(std::string(sections.read_again().status().message()), HasSubstr("cannot read"));
  EXPECT_EQ(sections.of("orders"), R"({"limit":1})");
}

TEST_F(DomainSectionsTest, OtherSettingsNeedARestart) {
  DomainSections sections = read(R"({"listen": {"port": 1}})");
  write(R"({"listen": {"port": 2}, "threads": 3})");
  const auto reread = sections.read_again();
  ASSERT_TRUE(reread.ok());
  EXPECT_FALSE(reread->changed);
  EXPECT_THAT(reread->needs_restart, ElementsAre("listen.port", "threads"));
}

TEST_F(DomainSectionsTest, ASectionOfNoDomainIsToldWithTheLikeliestName) {
  const DomainSections sections =
      read("{\"domains\": {\"orders\": {},\n\"oders\": {},\n\"mail\": {}}}");
  const std::string_view domains[] = {"orders", "counter"};
  EXPECT_THAT(
      sections.unknown(domains),
      ElementsAre("domains.mail: no plugin serves this domain; remove it, or add the "
                  "domain's plugin (file " +
                      file_ + ":3)",
                  "domains.oders: no plugin serves this domain; did you mean orders? (file " +
                      file_ + ":2)"));
}

}  // namespace
}  // namespace composable::host
