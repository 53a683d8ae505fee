#include "plugin/note.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "plugin_files.hpp"

namespace composable::host {
namespace {

absl::StatusOr<PluginNote> note_of(const std::vector<std::uint8_t>& bytes) {
  const auto file = ElfFile::parse(bytes);
  return file.ok() ? read_note(*file) : absl::StatusOr<PluginNote>(file.status());
}

std::string refusal(const std::vector<std::uint8_t>& bytes) {
  return std::string(note_of(bytes).status().message());
}

// The fixture with `from` replaced by `to` wherever it stands.
std::vector<std::uint8_t> replaced(std::string_view from, std::string_view to) {
  auto bytes = read_file(fixture("tiny.so"));
  for (auto at = bytes.begin();
       (at = std::search(at, bytes.end(), from.begin(), from.end())) != bytes.end();) {
    at = std::copy(to.begin(), to.end(), at);
  }
  return bytes;
}

TEST(Note, SaysWhichAbiAndWhoseDomain) {
  const auto note = note_of(read_file(fixture("tiny.so")));
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->abi_major, std::uint32_t{COMPOSABLE_ABI_MAJOR});
  EXPECT_EQ(note->abi_minor, std::uint32_t{COMPOSABLE_ABI_MINOR});
  EXPECT_EQ(note->domain, "tiny");
  EXPECT_EQ(note->sdk, "c");
}

TEST(Note, MayLeaveTheNameToTheTable) {
  const auto note = note_of(read_file(fixture("nameless_note.so")));
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->domain, "");
}

TEST(Note, ALibraryWithoutOneIsNotAPlugin) {
  const std::string expected =
      "not a plugin: it has no .note.composable; build it with composable_add_plugin, and declare "
      "it with COMPOSABLE_PLUGIN in C++ or COMPOSABLE_NOTE in C";
  EXPECT_EQ(refusal(replaced(".note.composable", ".note.something_")), expected);
  EXPECT_EQ(refusal(replaced(std::string_view("Composable\0", 11), "Something")), expected);
}

TEST(Note, TwoDomainsInOnePluginAreRefused) {
  EXPECT_EQ(refusal(read_file(fixture("two_notes.so"))),
            "it carries the notes of two domains; link each domain into a plugin of its own");
}

TEST(Note, ADomainNameThatIsAPathIsRefused) {
  EXPECT_EQ(refusal(replaced("tiny", "../x")),
            "its note names a domain that is not of the form [a-z][a-z0-9_-]*; rename the domain");
}

PluginNote built_for(std::uint32_t major, std::uint32_t minor, std::uint32_t min_host_minor) {
  return {.abi_major = major, .abi_minor = minor, .min_host_minor = min_host_minor};
}

TEST(AbiRule, BeforeVersionOneBothNumbersMustBeEqual) {
  EXPECT_TRUE(check_abi(built_for(0, 3, 0), {0, 3}).ok());
  EXPECT_FALSE(check_abi(built_for(0, 2, 0), {0, 3}).ok());
  EXPECT_FALSE(check_abi(built_for(0, 4, 0), {0, 3}).ok());
  EXPECT_FALSE(check_abi(built_for(1, 3, 0), {0, 3}).ok());
}

TEST(AbiRule, LaterAnOlderPluginRunsOnANewerHost) {
  EXPECT_TRUE(check_abi(built_for(1, 0, 0), {1, 4}).ok());
  EXPECT_TRUE(check_abi(built_for(1, 4, 4), {1, 4}).ok());
  EXPECT_FALSE(check_abi(built_for(2, 0, 0), {1, 4}).ok());
  EXPECT_FALSE(check_abi(built_for(0, 4, 0), {1, 4}).ok());
}

TEST(AbiRule, ANewerPluginRunsWhereItsNoteSaysThatItCan) {
  EXPECT_TRUE(check_abi(built_for(1, 5, 4), {1, 4}).ok());
  EXPECT_FALSE(check_abi(built_for(1, 5, 5), {1, 4}).ok());
}

TEST(AbiRule, TheRefusalNamesBothVersions) {
  EXPECT_EQ(message_of(check_abi(built_for(9, 0, 0), {1, 0})),
            "built for abi 9.0, this host speaks 1.0; rebuild it with the SDK of this host");
}

}  // namespace
}  // namespace composable::host
