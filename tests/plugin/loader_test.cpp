#include "plugin/loader.hpp"

#include <gtest/gtest.h>

#include "plugin/build_identity.hpp"
#include "plugin/code_ranges.hpp"
#include "plugin/elf_file.hpp"
#include "plugin_files.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

class LoaderTest : public testing::Test {
 protected:
  std::string refusal(const fs::path& file) {
    const auto plugin = loader_.load(file);
    EXPECT_FALSE(plugin.ok());
    EXPECT_EQ(files_in(run_->path()), 0u) << "a refused plugin left its copy";
    EXPECT_EQ(mappings_with(run_->path().string()), 0u) << "a refused plugin is still mapped";
    const std::string message(plugin.status().message());
    const std::string where = file.string() + ": ";
    EXPECT_TRUE(message.starts_with(where)) << message;
    return message.substr(where.size());
  }

  TemporaryDirectory directory_;
  std::unique_ptr<RunDirectory> run_ = *RunDirectory::open(directory_ / "run");
  std::string config_ = "{\"limit\":3}";
  std::vector<std::string> lines_;
  Loader loader_{*run_,
                 {.log =
                      [this](std::string_view domain, std::uint32_t, std::string_view message) {
                        lines_.push_back(std::string(domain) + ": " + std::string(message));
                      },
                  .config = [this](std::string_view) { return config_; }}};
};

TEST_F(LoaderTest, AWellMadePluginIsLoadedAndUnloaded) {
  auto plugin = loader_.load(fixture("tiny.so"));
  ASSERT_TRUE(plugin.ok()) << plugin.status();
  EXPECT_EQ(plugin->name(), "tiny");
  EXPECT_EQ(plugin->domain().name(), "tiny");
  EXPECT_NE(plugin->domain().state(), nullptr);
  EXPECT_EQ(plugin->file(), fixture("tiny.so"));
  EXPECT_EQ(plugin->generation(), 1u);
  EXPECT_EQ(plugin->build().size(), 40u);
  EXPECT_EQ(plugin->domain().build(), plugin->build());
  EXPECT_TRUE(plugin->findings().empty());
  EXPECT_FALSE(plugin->permanent());
  EXPECT_EQ(files_in(run_->path()), 1u);

  const UnloadResult result = plugin->unload();
  EXPECT_TRUE(result.unmapped) << result.reason;
  EXPECT_EQ(files_in(run_->path()), 1u) << "kept for debuggers";
  { const PrivateCopy ends = plugin->take_copy(); }
  EXPECT_EQ(files_in(run_->path()), 0u);
  EXPECT_EQ(mappings_with(run_->path().string()), 0u);
}

TEST_F(LoaderTest, ABuildThatIsNotAdmittedIsNeverMapped) {
  std::string asked;
  Loader strict(*run_, {.admit = [&](std::string_view build) {
    asked = build;
    return absl::FailedPreconditionError("not this one");
  }});
  const auto plugin = strict.load(fixture("tiny.so"));
  EXPECT_EQ(message_of(plugin.status()), fixture("tiny.so").string() + ": not this one");
  EXPECT_EQ(asked.size(), 40u);
  EXPECT_EQ(files_in(run_->path()), 0u);
}

TEST_F(LoaderTest, WhoseAnAddressIsIsKnownAlsoAfterUnloading) {
  auto plugin = loader_.load(fixture("tiny.so"));
  ASSERT_TRUE(plugin.ok()) << plugin.status();
  const auto inside = reinterpret_cast<std::uintptr_t>(plugin->domain().table().create);
  auto owner = code_ranges::find(inside);
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->domain, "tiny");
  EXPECT_EQ(owner->build, plugin->build());
  EXPECT_EQ(owner->generation, 1u);
  EXPECT_FALSE(owner->unloaded);
  ASSERT_TRUE(plugin->unload().unmapped);
  owner = code_ranges::find(inside);
  ASSERT_TRUE(owner);
  EXPECT_TRUE(owner->unloaded);
}

TEST_F(LoaderTest, CreateIsGivenTheDomainsConfigurationAndLogsUnderItsName) {
  const auto plugin = loader_.load(fixture("tiny.so"));
  ASSERT_TRUE(plugin.ok()) << plugin.status();
  EXPECT_EQ(lines_, std::vector<std::string>{"tiny: {\"limit\":3}"});
}

TEST_F(LoaderTest, ANameThatOnlyTheTableKnowsIsTheNameInTheLog) {
  const auto plugin = loader_.load(fixture("nameless_note.so"));
  ASSERT_TRUE(plugin.ok()) << plugin.status();
  EXPECT_EQ(plugin->name(), "named-by-table");
  EXPECT_EQ(lines_, std::vector<std::string>{"named-by-table: {\"limit\":3}"});
}

TEST_F(LoaderTest, AConfigurationThatThePluginRefusesIsNamed) {
  config_ = "[]";
  EXPECT_EQ(refusal(fixture("tiny.so")),
            "create: expected an object; see domains.tiny in the configuration");
}

TEST_F(LoaderTest, TheContentTellsBuildsApartWhateverTheirBuildId) {
  const auto file = directory_ / "other.so";
  auto bytes = read_file(fixture("tiny.so"));
  const auto elf = ElfFile::parse(bytes);
  const std::string id = elf->build_id();
  bytes.push_back(0);
  write_file(file, bytes);
  ASSERT_EQ(ElfFile::parse(bytes)->build_id(), id);
  const auto first = loader_.load(fixture("tiny.so"));
  const auto second = loader_.load(file);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(first->build(), second->build());
  EXPECT_EQ(second->build(), build_identity(bytes));
  EXPECT_EQ(second->build().size(), 40u);
}

TEST_F(LoaderTest, OverwritingTheFileDoesNotTouchTheLoadedCode) {
  const auto file = directory_ / "tiny.so";
  fs::copy_file(fixture("tiny.so"), file);
  auto plugin = loader_.load(file);
  ASSERT_TRUE(plugin.ok()) << plugin.status();
  write_file(file, std::vector<std::uint8_t>(read_file(file).size(), 0xcc));
  EXPECT_EQ(view(plugin->domain().table().name), "tiny");
  DomainHandle domain = plugin->take_domain();
  EXPECT_TRUE(domain.recreate().ok());
  CallError error;
  EXPECT_EQ(domain.decode(0, "{}", COMPOSABLE_DECODE_WIRE, error), COMPOSABLE_OK);
}

TEST_F(LoaderTest, GenerationsOfOnePluginLiveSideBySide) {
  auto first = loader_.load(fixture("tiny.so"));
  auto second = loader_.load(fixture("tiny.so"));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(second->generation(), 2u);
  EXPECT_NE(&first->domain().table(), &second->domain().table());
  EXPECT_TRUE(first->unload().unmapped);
  EXPECT_EQ(view(second->domain().table().name), "tiny");
}

TEST_F(LoaderTest, ATakenDomainIsTheTakersToDestroy) {
  auto plugin = loader_.load(fixture("tiny.so"));
  ASSERT_TRUE(plugin.ok());
  {
    const DomainHandle domain = plugin->take_domain();
    EXPECT_NE(domain.state(), nullptr);
  }
  EXPECT_TRUE(plugin->unload().unmapped);
}

TEST_F(LoaderTest, TheAnswerToItsNameComesBeforeCreate) {
  const auto plugin = loader_.load(fixture("tiny.so"), [](std::string_view domain) {
    return absl::AlreadyExistsError(std::string(domain) + " is taken");
  });
  EXPECT_EQ(message_of(plugin.status()), fixture("tiny.so").string() + ": tiny is taken");
  EXPECT_TRUE(lines_.empty()) << "create ran";
}

TEST_F(LoaderTest, NoteAndTableMustNameTheSameDomain) {
  EXPECT_EQ(refusal(fixture("other_name.so")),
            "its note names the domain \"tiny\", its table \"large\"; give both the same");
}

TEST_F(LoaderTest, AnEntryThatIsNoFunctionIsNotCalled) {
  EXPECT_EQ(refusal(fixture("entry_is_data.so")),
            "its composable_plugin_entry_v1 is not a function; define it as one, and build it "
            "again");
}

TEST_F(LoaderTest, AMissingFileIsRefused) {
  EXPECT_EQ(refusal(directory_ / "none.so"),
            "it cannot be opened: No such file or directory; check the file and its rights");
}

TEST_F(LoaderTest, APluginThatLeavesPointersBehindStaysForEver) {
  fs::path copy;
  {
    auto plugin = loader_.load(fixture("leaves_pointers.so"));
    ASSERT_TRUE(plugin.ok()) << plugin.status();
    EXPECT_TRUE(plugin->permanent());
    copy = plugin->copy();
    const UnloadResult result = plugin->unload();
    EXPECT_FALSE(result.unmapped);
    EXPECT_TRUE(result.reason.starts_with("it is permanent; it imports ")) << result.reason;
  }
  EXPECT_TRUE(fs::exists(copy)) << "debuggers name the code by its file";
  EXPECT_GT(mappings_with(copy.string()), 0u);
}

TEST_F(LoaderTest, AHundredGenerationsLeaveNothingBehind) {
  const auto cycle = [this] {
    auto plugin = loader_.load(fixture("tiny.so"));
    ASSERT_TRUE(plugin.ok()) << plugin.status();
    const UnloadResult result = plugin->unload();
    ASSERT_TRUE(result.unmapped) << result.reason;
  };
  const auto open_files = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  for (int i = 0; i < 3; ++i) cycle();
  const auto files = open_files();
  const auto mapped_files = mappings_with("/");
  for (int i = 0; i < 100; ++i) cycle();
  EXPECT_EQ(open_files(), files);
  EXPECT_EQ(mappings_with("/"), mapped_files);
  EXPECT_EQ(mappings_with(run_->path().string()), 0u);
  EXPECT_EQ(files_in(run_->path()), 0u);
}

}  // namespace
}  // namespace composable::host
