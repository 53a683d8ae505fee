#include "plugin/note.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "absl/strings/str_format.h"
#include "composable/abi/domain.h"
#include "composable/abi/note.h"
#include "domain/domain_name.hpp"

namespace composable::host {
namespace {

// Owner and descriptor of a note are each padded to this.
constexpr std::size_t kNoteAlign = 4;

std::size_t padded(std::uint32_t size) {
  return (std::size_t{size} + kNoteAlign - 1) / kNoteAlign * kNoteAlign;
}

template <std::size_t N>
std::string unpadded(const char (&text)[N]) {
  return std::string(text, strnlen(text, N));
}

absl::StatusOr<PluginNote> from_descriptor(ElfFile::Bytes bytes) {
  composable_note_desc desc{};
  if (bytes.size() < sizeof(desc)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "its note has %d bytes, %d are needed; rebuild it with the SDK of this host", bytes.size(),
        sizeof(desc)));
  }
  std::memcpy(&desc, bytes.data(), sizeof(desc));
  PluginNote note{.abi_major = desc.abi_major,
                  .abi_minor = desc.abi_minor,
                  .min_host_minor = desc.min_host_minor,
                  .domain = unpadded(desc.domain),
                  .sdk = unpadded(desc.sdk)};
  if (!note.domain.empty() && !is_domain_name(note.domain)) {
    return absl::InvalidArgumentError(
        "its note names a domain that is not of the form [a-z][a-z0-9_-]*; rename the domain");
  }
  return note;
}

}  // namespace

absl::StatusOr<PluginNote> read_note(const ElfFile& file) {
  const ElfFile::Bytes notes = file.section(COMPOSABLE_NOTE_SECTION);
  std::optional<ElfFile::Bytes> found;
  std::size_t at = 0;
  while (notes.size() - at >= 3 * sizeof(std::uint32_t)) {
    std::uint32_t head[3];  // sizes of owner and descriptor, type
    std::memcpy(head, notes.data() + at, sizeof(head));
    at += sizeof(head);
    const std::size_t owner = padded(head[0]);
    const std::size_t descriptor = padded(head[1]);
    if (owner > notes.size() - at || descriptor > notes.size() - at - owner) break;
    const bool ours = head[0] == sizeof(COMPOSABLE_NOTE_OWNER) && head[2] == COMPOSABLE_NOTE_TYPE &&
                      std::memcmp(notes.data() + at, COMPOSABLE_NOTE_OWNER, head[0]) == 0;
    if (ours && found) {
      return absl::InvalidArgumentError(
          "it carries the notes of two domains; link each domain into a plugin of its own");
    }
    if (ours) found = notes.subspan(at + owner, head[1]);
    at += owner + descriptor;
  }
  if (!found) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "not a plugin: it has no %s; build it with composable_add_plugin, and declare it with "
        "COMPOSABLE_PLUGIN in C++ or COMPOSABLE_NOTE in C",
        COMPOSABLE_NOTE_SECTION));
  }
  return from_descriptor(*found);
}

absl::Status check_entry(const ElfFile& elf) {
  const auto entry = std::find_if(
      elf.symbols().begin(), elf.symbols().end(),
      [](const ElfSymbol& s) { return s.defined && s.name == COMPOSABLE_PLUGIN_ENTRY_SYMBOL; });
  if (entry == elf.symbols().end()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "it exports no %s; declare the domain with COMPOSABLE_PLUGIN in C++, or define that "
        "function with default visibility in C",
        COMPOSABLE_PLUGIN_ENTRY_SYMBOL));
  }
  if (!entry->function || !elf.is_code(entry->address)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("its %s is not a function; define it as one, and build it again",
                        COMPOSABLE_PLUGIN_ENTRY_SYMBOL));
  }
  return absl::OkStatus();
}

absl::Status check_abi(const PluginNote& note, AbiVersion host) {
  const bool fits = host.major == 0
                        ? note.abi_major == 0 && note.abi_minor == host.minor
                        : note.abi_major == host.major &&
                              (note.abi_minor <= host.minor || note.min_host_minor <= host.minor);
  if (fits) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("built for abi %d.%d, this host speaks %d.%d; rebuild it with the SDK of "
                      "this host",
                      note.abi_major, note.abi_minor, host.major, host.minor));
}

}  // namespace composable::host
