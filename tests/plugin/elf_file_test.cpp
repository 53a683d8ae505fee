#include "plugin/elf_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "plugin_files.hpp"

namespace composable::host {
namespace {

std::vector<std::uint8_t> tiny() { return read_file(fixture("tiny.so")); }

std::string refusal(const std::vector<std::uint8_t>& bytes) {
  const auto file = ElfFile::parse(bytes);
  return file.ok() ? "" : std::string(file.status().message());
}

// The fixture with one field of its ELF header changed.
template <typename Field, typename Value>
std::vector<std::uint8_t> with_header(Field field, Value value) {
  auto bytes = tiny();
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  header.*field = value;
  std::memcpy(bytes.data(), &header, sizeof(header));
  return bytes;
}

TEST(ElfFile, AWellMadePluginIsReadWhole) {
  const auto bytes = tiny();
  const auto file = ElfFile::parse(bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->section(".note.composable").size(), 120u);
  EXPECT_TRUE(file->section(".no.such.section").empty());
  EXPECT_EQ(file->build_id().size(), 40u);
  EXPECT_EQ(file->build_id().find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_FALSE(file->never_unloads());
  EXPECT_FALSE(file->static_tls());
  EXPECT_EQ(file->library_path(), "");
  const auto& needed = file->needed();
  EXPECT_NE(std::find(needed.begin(), needed.end(), "libc.so.6"), needed.end());
}

TEST(ElfFile, ExportsAndImportsAreToldApart) {
  const auto bytes = tiny();
  const auto file = ElfFile::parse(bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  const ElfSymbol* entry = nullptr;
  const ElfSymbol* malloc_import = nullptr;
  for (const ElfSymbol& symbol : file->symbols()) {
    if (symbol.name == "composable_plugin_entry_v1") entry = &symbol;
    if (symbol.name == "malloc") malloc_import = &symbol;
  }
  ASSERT_NE(entry, nullptr);
  EXPECT_TRUE(entry->defined);
  EXPECT_TRUE(entry->function);
  EXPECT_TRUE(file->is_code(entry->address));
  EXPECT_FALSE(file->is_code(0));
  EXPECT_FALSE(file->is_code(~std::uint64_t{0}));
  ASSERT_NE(malloc_import, nullptr);
  EXPECT_FALSE(malloc_import->defined);
}

TEST(ElfFile, LoaderFlagsAndSearchPathAreRead) {
  const auto bytes = read_file(fixture("static_tls.so"));
  const auto file = ElfFile::parse(bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE(file->never_unloads());
  EXPECT_TRUE(file->static_tls());
  EXPECT_EQ(file->library_path(), "$ORIGIN/lib");
}

TEST(ElfFile, WithoutABuildIdThereIsNone) {
  const auto bytes = read_file(fixture("tiny_without_build_id.so"));
  const auto file = ElfFile::parse(bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->build_id(), "");
}

TEST(ElfFile, WhatIsNotElfIsShownAsItBegins) {
  const std::string script = "#!/bin/sh\n";
  EXPECT_EQ(refusal({script.begin(), script.end()}),
            "not a shared library: it begins with \"#!/b\", an ELF file with \"\\177ELF\"; only "
            "plugins belong in a plugin directory");
}

TEST(ElfFile, AnEmptyFileIsIncomplete) {
  EXPECT_EQ(refusal({}),
            "the file is not complete: it is empty; write it again, under a temporary name that is "
            "renamed at the end");
}

TEST(ElfFile, AnotherMachineIsNamed) {
  EXPECT_EQ(refusal(with_header(&Elf64_Ehdr::e_machine, Elf64_Half{EM_PPC64})),
            "built for ppc64, this host runs on x86-64; rebuild it for this machine");
  EXPECT_EQ(refusal(with_header(&Elf64_Ehdr::e_machine, Elf64_Half{9999})),
            "built for machine number 9999, this host runs on x86-64; rebuild it for this machine");
}

TEST(ElfFile, AnotherWordSizeIsNamed) {
  auto bytes = tiny();
  bytes[EI_CLASS] = ELFCLASS32;
  EXPECT_EQ(refusal(bytes),
            "built for x86-64 with another word size or byte order, this host runs on x86-64; "
            "rebuild it for this machine");
}

TEST(ElfFile, AnObjectFileIsNotALibrary) {
  EXPECT_EQ(refusal(with_header(&Elf64_Ehdr::e_type, Elf64_Half{ET_REL})),
            "an object file, not a shared library; link it with -shared, or use "
            "composable_add_plugin");
}

TEST(ElfFile, AFileThatEndsTooEarlySaysWhatIsMissing) {
  auto bytes = tiny();
  const std::size_t whole = bytes.size();
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  bytes.resize(whole - 1);
  EXPECT_EQ(refusal(bytes),
            "the file is not complete: its section table needs " +
                std::to_string(header.e_shnum * sizeof(Elf64_Shdr)) + " bytes from byte " +
                std::to_string(header.e_shoff) + " on, the file has " + std::to_string(whole - 1) +
                "; write it again, under a temporary name that is renamed at the end");
  EXPECT_EQ(ElfFile::parse(bytes).status().code(), absl::StatusCode::kDataLoss);
}

TEST(ElfFile, ASectionTableThatIsBlankTowardsItsEndIsUnfinished) {
  auto bytes = tiny();
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  std::fill(bytes.end() - 60, bytes.end(), 0);  // all of the last entry but its name
  EXPECT_EQ(refusal(bytes),
            "the file is not complete: entry " + std::to_string(header.e_shnum - 1) + " of " +
                std::to_string(header.e_shnum) +
                " of its section table is blank; write it again, under a temporary name that is "
                "renamed at the end");
}

TEST(ElfFile, WithoutASectionTableCompletenessCannotBeTold) {
  EXPECT_EQ(refusal(with_header(&Elf64_Ehdr::e_shnum, Elf64_Half{0})),
            "it has no section table, by which a host tells that a file is complete; link it "
            "again, and strip it with nothing stronger than strip(1)");
}

}  // namespace
}  // namespace composable::host
