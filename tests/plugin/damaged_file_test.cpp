// Files that are cut, blank from some point on, or changed at random: every one must be refused, or
// at least read without harm, by looking at it. The loader proper kills a process that maps them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "plugin/elf_file.hpp"
#include "plugin/lint.hpp"
#include "plugin/loader.hpp"
#include "plugin/note.hpp"
#include "plugin_files.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kPoints = 200;

// Whether the checks that come before mapping let the bytes through.
bool passes_checks(const std::vector<std::uint8_t>& bytes) {
  const auto file = ElfFile::parse(bytes);
  if (!file.ok()) return false;
  const auto note = read_note(*file);
  const auto entry =
      std::find_if(file->symbols().begin(), file->symbols().end(), [&](const ElfSymbol& s) {
        return s.defined && s.function && file->is_code(s.address) &&
               s.name == COMPOSABLE_PLUGIN_ENTRY_SYMBOL;
      });
  return note.ok() && check_abi(*note).ok() && entry != file->symbols().end();
}

// Reads all that can be read of it.
void look_at(const ElfFile& file) {
  const auto findings = lint(file);
  const auto note = read_note(file);
  EXPECT_TRUE(note.ok() || !note.status().message().empty());
  EXPECT_LT(findings.size(), 1000u);
}

class DamagedFile : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    whole_ = read_file(GetParam());
    ASSERT_TRUE(passes_checks(whole_));
  }

  // Refused by the checks, and so by the loader, with nothing left behind.
  void expect_refused(const std::vector<std::uint8_t>& bytes, std::size_t point) {
    ASSERT_FALSE(passes_checks(bytes)) << "damage at byte " << point << " was not seen";
    const auto file = directory_ / "damaged.so";
    write_file(file, bytes);
    const auto plugin = loader_.load(file);
    ASSERT_FALSE(plugin.ok());
    EXPECT_TRUE(message_of(plugin.status()).starts_with(file.string() + ": "));
    EXPECT_EQ(files_in(run_->path()), 0u);
  }

  TemporaryDirectory directory_;
  std::vector<std::uint8_t> whole_;
  std::unique_ptr<RunDirectory> run_ = *RunDirectory::open(directory_ / "run");
  Loader loader_{*run_, {}};
};

TEST_P(DamagedFile, CutAtAnyPointIsRefused) {
  for (std::size_t i = 0; i < kPoints; ++i) {
    const std::size_t point = whole_.size() * i / kPoints;
    expect_refused({whole_.begin(), whole_.begin() + static_cast<std::ptrdiff_t>(point)}, point);
  }
  for (std::size_t point = whole_.size() - kPoints; point < whole_.size(); ++point) {
    expect_refused({whole_.begin(), whole_.begin() + static_cast<std::ptrdiff_t>(point)}, point);
  }
}

TEST_P(DamagedFile, BlankFromAnyPointOnIsRefused) {
  for (std::size_t i = 0; i < kPoints; ++i) {
    const std::size_t point = whole_.size() * i / kPoints;
    auto bytes = whole_;
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(point), bytes.end(), 0);
    expect_refused(bytes, point);
  }
}

TEST_P(DamagedFile, ChangedAtRandomIsReadWithoutHarm) {
  std::mt19937 random(20240601);
  std::size_t refused = 0;
  for (int round = 0; round < 5000; ++round) {
    auto bytes = whole_;
    const std::size_t changes = 1 + random() % 16;
    // Half of the damage goes where the tables are: into the first page and the last.
    for (std::size_t i = 0; i < changes; ++i) {
      const std::size_t page = std::min<std::size_t>(bytes.size(), 4096);
      const std::size_t places[] = {random() % bytes.size(), random() % page,
                                    bytes.size() - 1 - random() % page};
      bytes[places[random() % 3]] = static_cast<std::uint8_t>(random());
    }
    if (const auto file = ElfFile::parse(bytes); file.ok()) {
      look_at(*file);
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000u);
}

TEST_P(DamagedFile, TablesOfExtremeNumbersAreReadWithoutHarm) {
  constexpr std::uint64_t kExtremes[] = {
      0, 1, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, 0xfffffffffffffff0, 0xffffffffffffffff};
  const std::size_t page = std::min<std::size_t>(whole_.size(), 8192);
  for (std::size_t at = 0; at + 8 <= page; at += 8) {
    for (const std::size_t place : {at, whole_.size() - at - 8}) {
      for (const std::uint64_t extreme : kExtremes) {
        auto bytes = whole_;
        std::memcpy(bytes.data() + place, &extreme, sizeof(extreme));
        if (const auto file = ElfFile::parse(bytes); file.ok()) look_at(*file);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Of, DamagedFile,
    testing::Values(
#ifdef PLUGIN_TESTS_HAVE_LLD
        PLUGIN_FIXTURES_DIR "/tiny_by_lld.so",
#endif
        PLUGIN_FIXTURES_DIR "/tiny.so", PLUGIN_FIXTURES_DIR "/tiny_stripped.so",
        PLUGIN_FIXTURES_DIR "/tiny_by_gold.so", PLUGIN_FIXTURES_DIR "/thread_local_destructor.so",
        COUNTER_PLUGINS_DIR "/counter.so"),
    [](const auto& plugin) { return std::filesystem::path(plugin.param).stem().string(); });

}  // namespace
}  // namespace composable::host
