#include "plugin/elf_file.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = EM_AARCH64;
#else
#error "name this machine's ELF number here"
#endif
constexpr std::uint8_t kByteOrder =
    std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_386:
      return "32-bit x86";
    case EM_AARCH64:
      return "aarch64";
    case EM_ARM:
      return "32-bit arm";
    case EM_RISCV:
      return "risc-v";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390";
    default:
      return absl::StrFormat("machine number %d", machine);
  }
}

const char* type_name(std::uint16_t type) {
  switch (type) {
    case ET_REL:
      return "an object file";
    case ET_EXEC:
      return "an executable";
    case ET_CORE:
      return "a core dump";
    default:
      return "an ELF file of an unknown type";
  }
}

constexpr std::string_view kWriteAgain =
    "write it again, under a temporary name that is renamed at the end";

absl::Status incomplete(std::string_view found) {
  return absl::DataLossError(
      absl::StrFormat("the file is not complete: %s; %s", found, kWriteAgain));
}

absl::Status cut_short(std::string_view what, std::uint64_t offset, std::uint64_t size,
                       std::size_t file_size) {
  return incomplete(absl::StrFormat("%s needs %d bytes from byte %d on, the file has %d", what,
                                    size, offset, file_size));
}

// Reads a T at `offset`; false when it is not wholly inside.
template <typename T>
bool read(ElfFile::Bytes bytes, std::uint64_t offset, T& out) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return false;
  std::memcpy(&out, bytes.data() + offset, sizeof(T));
  return true;
}

// The NUL-terminated text at `offset`, or nothing when it does not end inside.
std::optional<std::string_view> text_at(ElfFile::Bytes strings, std::uint64_t offset) {
  if (offset >= strings.size()) return std::nullopt;
  const auto* begin = reinterpret_cast<const char*>(strings.data()) + offset;
  const auto* end = static_cast<const char*>(std::memchr(begin, 0, strings.size() - offset));
  if (end == nullptr) return std::nullopt;
  return std::string_view(begin, static_cast<std::size_t>(end - begin));
}

}  // namespace

// What the dynamic section says, before it is looked up.
struct ElfFile::DynamicTable {
  std::vector<std::uint64_t> needed;  // offsets in the string table
  std::uint64_t library_path = 0;     // likewise; 0: none
  std::uint64_t symbols = 0;          // addresses
  std::uint64_t strings = 0;
  std::uint64_t strings_size = 0;
  std::uint64_t flags = 0;
  std::uint64_t flags_1 = 0;
  Bytes text;  // the string table
};

absl::StatusOr<ElfFile> ElfFile::parse(Bytes bytes) {
  ElfFile file(bytes);
  if (auto s = file.read_header(); !s.ok()) return s;
  if (auto s = file.read_segments(); !s.ok()) return s;
  if (auto s = file.read_sections(); !s.ok()) return s;
  if (auto s = file.name_sections(); !s.ok()) return s;
  if (auto s = file.read_dynamic(); !s.ok()) return s;
  file.read_build_id();
  return file;
}

absl::Status ElfFile::check_beginning(Bytes begin) { return ElfFile(begin).read_header(); }

bool ElfFile::holds(std::uint64_t offset, std::uint64_t size) const {
  return offset <= bytes_.size() && size <= bytes_.size() - offset;
}

ElfFile::Bytes ElfFile::content(const Elf64_Shdr& header) const {
  if (header.sh_type == SHT_NOBITS || !holds(header.sh_offset, header.sh_size)) return {};
  return bytes_.subspan(header.sh_offset, header.sh_size);
}

ElfFile::Bytes ElfFile::section(std::string_view name) const {
  const auto it = std::find_if(sections_.begin(), sections_.end(),
                               [name](const Section& s) { return s.name == name; });
  return it == sections_.end() ? Bytes{} : content(it->header);
}

ElfFile::Bytes ElfFile::at_address(std::uint64_t address) const {
  for (const Elf64_Phdr& segment : segments_) {
    if (segment.p_type != PT_LOAD || address < segment.p_vaddr) continue;
    const std::uint64_t into = address - segment.p_vaddr;
    if (into < segment.p_filesz) {
      return bytes_.subspan(segment.p_offset + into, segment.p_filesz - into);
    }
  }
  return {};
}

bool ElfFile::is_code(std::uint64_t address) const {
  return std::any_of(segments_.begin(), segments_.end(), [address](const Elf64_Phdr& s) {
    return s.p_type == PT_LOAD && (s.p_flags & PF_X) != 0 && address >= s.p_vaddr &&
           address - s.p_vaddr < s.p_filesz;
  });
}

absl::Status ElfFile::read_header() {
  const std::size_t known = std::min<std::size_t>(bytes_.size(), SELFMAG);
  if (bytes_.empty()) return incomplete("it is empty");
  if (std::memcmp(bytes_.data(), ELFMAG, known) != 0) {
    const std::string_view begin(reinterpret_cast<const char*>(bytes_.data()), known);
    return absl::InvalidArgumentError(absl::StrFormat(
        "not a shared library: it begins with \"%s\", an ELF file with \"\\177ELF\"; only plugins "
        "belong in a plugin directory",
        absl::CEscape(absl::string_view(begin.data(), begin.size()))));
  }
  if (!read(bytes_, 0, header_)) {
    return cut_short("its ELF header", 0, sizeof(header_), bytes_.size());
  }
  if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != kByteOrder ||
      header_.e_machine != kMachine) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "built for %s%s, this host runs on %s; rebuild it for this machine",
        machine_name(header_.e_machine),
        header_.e_machine == kMachine ? " with another word size or byte order" : "",
        machine_name(kMachine)));
  }
  if (header_.e_type != ET_DYN) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s, not a shared library; link it with -shared, or use "
                        "composable_add_plugin",
                        type_name(header_.e_type)));
  }
  return absl::OkStatus();
}

absl::Status ElfFile::read_segments() {
  if (header_.e_phentsize != sizeof(Elf64_Phdr) || header_.e_phnum == 0) {
    return absl::InvalidArgumentError("it has no segments to load; build it again");
  }
  const std::uint64_t size = std::uint64_t{header_.e_phnum} * sizeof(Elf64_Phdr);
  if (!holds(header_.e_phoff, size)) {
    return cut_short("its segment table", header_.e_phoff, size, bytes_.size());
  }
  segments_.resize(header_.e_phnum);
  std::memcpy(segments_.data(), bytes_.data() + header_.e_phoff, size);

  std::uint64_t reached = 0;
  bool any = false;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const Elf64_Phdr& s = segments_[i];
    const bool in_file = s.p_type == PT_LOAD || s.p_type == PT_DYNAMIC || s.p_type == PT_NOTE ||
                         s.p_type == PT_TLS || s.p_type == PT_GNU_EH_FRAME;
    if (in_file && !holds(s.p_offset, s.p_filesz)) {
      return cut_short(absl::StrFormat("segment %d", i), s.p_offset, s.p_filesz, bytes_.size());
    }
    if (s.p_type != PT_LOAD) continue;
    const bool in_order = s.p_vaddr >= reached && s.p_vaddr + s.p_memsz >= s.p_vaddr;
    if (s.p_filesz > s.p_memsz || !in_order) {
      return absl::InvalidArgumentError(
          absl::StrFormat("segment %d is malformed; build it again", i));
    }
    reached = s.p_vaddr + s.p_memsz;
    any = true;
  }
  if (!any) return absl::InvalidArgumentError("it has no segments to load; build it again");
  return absl::OkStatus();
}

absl::Status ElfFile::read_sections() {
  if (header_.e_shentsize != sizeof(Elf64_Shdr) || header_.e_shnum == 0) {
    return absl::InvalidArgumentError(
        "it has no section table, by which a host tells that a file is complete; link it again, "
        "and strip it with nothing stronger than strip(1)");
  }
  const std::uint64_t size = std::uint64_t{header_.e_shnum} * sizeof(Elf64_Shdr);
  if (!holds(header_.e_shoff, size)) {
    return cut_short("its section table", header_.e_shoff, size, bytes_.size());
  }
  sections_.resize(header_.e_shnum);
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    Elf64_Shdr& s = sections_[i].header;
    std::memcpy(&s, bytes_.data() + header_.e_shoff + i * sizeof(s), sizeof(s));
    // Only the first entry of a section table is blank, and no table of names or symbols is empty:
    // here nothing was written yet.
    const bool table =
        s.sh_type == SHT_STRTAB || s.sh_type == SHT_SYMTAB || s.sh_type == SHT_DYNSYM;
    if (i > 0 && (s.sh_type == SHT_NULL || (table && s.sh_size == 0))) {
      return incomplete(
          absl::StrFormat("entry %d of %d of its section table is blank", i, sections_.size()));
    }
    if (i > 0 && s.sh_type != SHT_NOBITS && !holds(s.sh_offset, s.sh_size)) {
      return cut_short(absl::StrFormat("section %d", i), s.sh_offset, s.sh_size, bytes_.size());
    }
  }
  return absl::OkStatus();
}

absl::Status ElfFile::name_sections() {
  if (header_.e_shstrndx >= sections_.size()) {
    return absl::InvalidArgumentError("its sections have no names; build it again");
  }
  const Bytes names = content(sections_[header_.e_shstrndx].header);
  for (std::size_t i = 1; i < sections_.size(); ++i) {
    const auto name = text_at(names, sections_[i].header.sh_name);
    if (!name || name->empty()) {
      return incomplete(absl::StrFormat("section %d has no name", i));
    }
    sections_[i].name = *name;
  }
  return absl::OkStatus();
}

absl::Status ElfFile::read_dynamic() {
  const auto segment = std::find_if(segments_.begin(), segments_.end(),
                                    [](const Elf64_Phdr& s) { return s.p_type == PT_DYNAMIC; });
  if (segment == segments_.end()) {
    return absl::InvalidArgumentError("it has no dynamic section; link it with -shared");
  }
  const Bytes entries = bytes_.subspan(segment->p_offset, segment->p_filesz);
  DynamicTable table;
  Elf64_Dyn entry{};
  for (std::uint64_t at = 0; read(entries, at, entry) && entry.d_tag != DT_NULL;
       at += sizeof(entry)) {
    const std::uint64_t value = entry.d_un.d_val;
    if (entry.d_tag == DT_NEEDED) table.needed.push_back(value);
    if (entry.d_tag == DT_RUNPATH || entry.d_tag == DT_RPATH) table.library_path = value;
    if (entry.d_tag == DT_SYMTAB) table.symbols = value;
    if (entry.d_tag == DT_STRTAB) table.strings = value;
    if (entry.d_tag == DT_STRSZ) table.strings_size = value;
    if (entry.d_tag == DT_FLAGS) table.flags = value;
    if (entry.d_tag == DT_FLAGS_1) table.flags_1 = value;
  }
  const Bytes strings = at_address(table.strings);
  if (table.strings_size == 0 || table.strings_size > strings.size()) {
    return incomplete("its dynamic section names no string table inside the file");
  }
  table.text = strings.first(table.strings_size);
  if (auto s = read_flags_and_needs(table); !s.ok()) return s;
  return read_symbols(table);
}

absl::Status ElfFile::read_flags_and_needs(const DynamicTable& table) {
  static_tls_ = (table.flags & DF_STATIC_TLS) != 0;
  never_unloads_ = (table.flags_1 & DF_1_NODELETE) != 0;
  for (const std::uint64_t offset : table.needed) {
    const auto name = text_at(table.text, offset);
    if (!name || name->empty()) return incomplete("the name of a library that it needs is blank");
    needed_.push_back(*name);
  }
  if (table.library_path != 0) {
    library_path_ = text_at(table.text, table.library_path).value_or(std::string_view{});
  }
  return absl::OkStatus();
}

absl::Status ElfFile::read_symbols(const DynamicTable& table) {
  const auto section = std::find_if(sections_.begin(), sections_.end(), [](const Section& s) {
    return s.header.sh_type == SHT_DYNSYM;
  });
  // The loader goes by address and never learns the table's length; the section has both.
  if (section == sections_.end() || section->header.sh_addr != table.symbols) {
    return absl::InvalidArgumentError(
        "its dynamic section and its section table name different symbol tables; build it again");
  }
  const Bytes entries = content(section->header);
  Elf64_Sym symbol{};
  for (std::uint64_t at = sizeof(symbol); read(entries, at, symbol); at += sizeof(symbol)) {
    const auto name = text_at(table.text, symbol.st_name);
    if (!name) return incomplete("the name of a symbol lies outside its string table");
    const unsigned binding = ELF64_ST_BIND(symbol.st_info);
    const unsigned visibility = ELF64_ST_VISIBILITY(symbol.st_other);
    const bool local = binding == STB_LOCAL || visibility == STV_HIDDEN ||
                       visibility == STV_INTERNAL || name->empty();
    if (local) continue;
    symbols_.push_back({.name = *name,
                        .address = symbol.st_value,
                        .defined = symbol.st_shndx != SHN_UNDEF,
                        .function = ELF64_ST_TYPE(symbol.st_info) == STT_FUNC,
                        .unique = binding == STB_GNU_UNIQUE});
  }
  return absl::OkStatus();
}

void ElfFile::read_build_id() {
  const Bytes note = section(".note.gnu.build-id");
  Elf64_Nhdr header{};
  if (!read(note, 0, header) || header.n_type != NT_GNU_BUILD_ID || header.n_namesz != 4) return;
  const std::size_t at = sizeof(header) + 4;
  if (note.size() < at || note.size() - at < header.n_descsz) return;
  const absl::string_view id(reinterpret_cast<const char*>(note.data()) + at, header.n_descsz);
  build_id_ = absl::BytesToHexString(id);
}

}  // namespace composable::host
