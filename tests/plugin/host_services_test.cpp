#include "plugin/host_services.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <tuple>
#include <vector>

#include "composable/abi/version.h"

namespace composable::host {
namespace {

composable_str abi_text(std::string_view s) { return {s.data(), s.size()}; }

class HostServicesTest : public testing::Test {
 protected:
  std::vector<std::tuple<std::string, std::uint32_t, std::string>> lines_;
  HostServices services_{
      "orders", [this](std::string_view domain, std::uint32_t level, std::string_view message) {
        lines_.emplace_back(domain, level, message);
      }};
  const composable_host* host_ = services_.table();
};

TEST_F(HostServicesTest, TheTableSaysWhichAbiThisHostSpeaks) {
  EXPECT_EQ(host_->struct_size, sizeof(composable_host));
  EXPECT_EQ(host_->abi_major, std::uint32_t{COMPOSABLE_ABI_MAJOR});
  EXPECT_EQ(host_->abi_minor, std::uint32_t{COMPOSABLE_ABI_MINOR});
}

TEST_F(HostServicesTest, ALineIsLoggedUnderTheDomainsName) {
  host_->log(host_, COMPOSABLE_LOG_WARNING, abi_text("low on paper"));
  services_.rename("billing");
  host_->log(host_, COMPOSABLE_LOG_INFO, abi_text("hello"));
  ASSERT_EQ(lines_.size(), 2u);
  EXPECT_EQ(lines_[0], std::make_tuple("orders", COMPOSABLE_LOG_WARNING, "low on paper"));
  EXPECT_EQ(lines_[1], std::make_tuple("billing", COMPOSABLE_LOG_INFO, "hello"));
}

TEST_F(HostServicesTest, AnUnknownLevelIsTheNearestKnownOne) {
  host_->log(host_, 99, abi_text("x"));
  host_->log(host_, 0, abi_text("x"));
  EXPECT_EQ(std::get<1>(lines_.at(0)), COMPOSABLE_LOG_ERROR);
  EXPECT_EQ(std::get<1>(lines_.at(1)), COMPOSABLE_LOG_DEBUG);
}

TEST_F(HostServicesTest, ALongLineIsCutBetweenCharactersAndSaysSo) {
  std::string line;
  while (line.size() < 100'000) line += "ä";
  line.insert(0, "x");
  host_->log(host_, COMPOSABLE_LOG_INFO, abi_text(line));
  const std::string& logged = std::get<2>(lines_.at(0));
  EXPECT_LE(logged.size(), 16u * 1024u);
  EXPECT_TRUE(logged.ends_with("ä… (cut)"));
}

TEST_F(HostServicesTest, NothingToSayIsNotLogged) {
  host_->log(host_, COMPOSABLE_LOG_INFO, {nullptr, 7});
  EXPECT_TRUE(lines_.empty());
}

TEST_F(HostServicesTest, ALogThatThrowsDoesNotThrowIntoThePlugin) {
  HostServices broken("orders", [](auto, auto, auto) { throw std::runtime_error("disk full"); });
  EXPECT_NO_THROW(broken.table()->log(broken.table(), COMPOSABLE_LOG_INFO, abi_text("x")));
}

TEST_F(HostServicesTest, AnUnknownExtensionIsNull) {
  EXPECT_EQ(host_->query_extension(host_, abi_text("composable.no-such/1")), nullptr);
}

}  // namespace
}  // namespace composable::host
