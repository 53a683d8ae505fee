// An ElfFile reads an ELF shared object in memory: whether it is complete and made for this
// machine, what it exports and imports, and what its flags ask of the loader. It runs none of the
// file's code and reads nothing outside the given bytes, whatever they are. Any thread.
#pragma once
#include <elf.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace composable::host {

// A symbol of the dynamic table that other files can see or that others must provide.
struct ElfSymbol {
  std::string_view name;
  std::uint64_t address = 0;
  bool defined = false;
  bool function = false;
  bool unique = false;  // STB_GNU_UNIQUE: one for the whole process, and for ever
};

class ElfFile {
 public:
  using Bytes = std::span<const std::uint8_t>;

  // As many of its first bytes as say what kind of file it is.
  static constexpr std::size_t kBeginning = sizeof(Elf64_Ehdr);
  // Whether a file that begins so may be a shared library of this machine.
  static absl::Status check_beginning(Bytes begin);

  // `bytes` must outlive the result, which keeps views. The message does not name the file.
  // DataLoss: not all of the file is there; the same file may be good a moment later.
  static absl::StatusOr<ElfFile> parse(Bytes bytes);

  // Empty when there is no section of that name.
  Bytes section(std::string_view name) const;
  const std::vector<ElfSymbol>& symbols() const { return symbols_; }
  // Whether `address` is backed by the file and mapped executable.
  bool is_code(std::uint64_t address) const;
  const std::vector<std::string_view>& needed() const { return needed_; }  // DT_NEEDED
  std::string_view library_path() const { return library_path_; }          // DT_RUNPATH or DT_RPATH
  bool never_unloads() const { return never_unloads_; }                    // DF_1_NODELETE
  bool static_tls() const { return static_tls_; }                          // DF_STATIC_TLS
  const std::string& build_id() const { return build_id_; }                // hex; empty when none

 private:
  struct Section {
    std::string_view name;
    Elf64_Shdr header;
  };
  struct DynamicTable;

  explicit ElfFile(Bytes bytes) : bytes_(bytes) {}

  absl::Status read_header();
  absl::Status read_segments();
  absl::Status read_sections();
  absl::Status name_sections();
  absl::Status read_dynamic();
  absl::Status read_flags_and_needs(const DynamicTable& table);
  absl::Status read_symbols(const DynamicTable& table);
  void read_build_id();

  bool holds(std::uint64_t offset, std::uint64_t size) const;
  Bytes content(const Elf64_Shdr& header) const;
  // The file's bytes from a link-time address to the end of its segment; empty when unmapped.
  Bytes at_address(std::uint64_t address) const;

  Bytes bytes_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> segments_;
  std::vector<Section> sections_;
  std::vector<ElfSymbol> symbols_;
  std::vector<std::string_view> needed_;
  std::string_view library_path_;
  std::string build_id_;
  bool never_unloads_ = false;
  bool static_tls_ = false;
};

}  // namespace composable::host
