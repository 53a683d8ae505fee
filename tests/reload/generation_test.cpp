// One generation, from loaded to unmapped: its code stays while its domain is held.
#include "reload/generation.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "plugin/loader.hpp"
#include "plugin_files.hpp"

namespace composable::host {
namespace {

using std::chrono::milliseconds;

class GenerationTest : public testing::Test {
 protected:
  std::unique_ptr<Generation> load(std::string_view build = "first.so") {
    auto plugin = loader_.load(fixture(build));
    EXPECT_TRUE(plugin.ok()) << plugin.status();
    return std::make_unique<Generation>(*std::move(plugin));
  }
  std::size_t mapped() const { return mappings_with(run_->path().native()); }

  TemporaryDirectory directory_;
  std::unique_ptr<RunDirectory> run_ = *RunDirectory::open(directory_ / "run");
  Loader loader_{*run_, {}};
};

TEST_F(GenerationTest, IsUnmappedWhenItsDomainIsBack) {
  const auto generation = load();
  std::shared_ptr<DomainHandle> domain = generation->share_domain();
  EXPECT_EQ(domain->name(), "tally");
  EXPECT_GT(mapped(), 0u);
  EXPECT_FALSE(generation->wait_until_returned(milliseconds(0)));
  domain.reset();
  EXPECT_TRUE(generation->wait_until_returned(milliseconds(0)));
  generation->end();
  const UnloadResult result = generation->unload();
  EXPECT_TRUE(result.unmapped) << result.reason;
  EXPECT_EQ(mapped(), 0u);
}

TEST_F(GenerationTest, WaitsForWhoLetsGoOnAnotherThread) {
  const auto generation = load();
  std::thread holder([domain = generation->share_domain()]() mutable { domain.reset(); });
  EXPECT_TRUE(generation->wait_until_returned(std::chrono::seconds(60)));
  holder.join();
}

TEST_F(GenerationTest, ItsCopyGoesWithIt) {
  auto generation = load();
  generation->end();
  ASSERT_TRUE(generation->unload().unmapped);
  EXPECT_EQ(files_in(run_->path()), 1u);
  generation.reset();
  EXPECT_EQ(files_in(run_->path()), 0u);
}

TEST_F(GenerationTest, GoesWithItsObjectWhenNobodyHoldsIt) {
  load().reset();
  EXPECT_EQ(mapped(), 0u);
  EXPECT_EQ(files_in(run_->path()), 0u);
}

TEST_F(GenerationTest, StaysMappedWhileItsDomainIsLent) {
  auto generation = load("other.so");  // its name is in the memory map from now on
  std::shared_ptr<DomainHandle> domain = generation->share_domain();
  generation.reset();
  EXPECT_GT(mapped(), 0u);
  EXPECT_EQ(domain->version(), "1");  // in its code
  domain.reset();
}

}  // namespace
}  // namespace composable::host
