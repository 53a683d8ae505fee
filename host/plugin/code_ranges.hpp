// code_ranges knows where the code of each generation is mapped, or was before it was unloaded, so
// that a crash report can say which plugin an address belongs to. The code that loads and unloads
// enters ranges; a signal handler reads them. Memory is fixed: when it is full, the generation
// that was unloaded longest ago is dropped, and without such a one the new range is left out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/plugin_call.hpp"
#include "plugin/library.hpp"

namespace composable::host::code_ranges {

inline constexpr std::size_t kCapacity = 256;

// [any] Enters the code of the generation that `label` names.
void enter(CodeExtent extent, const PluginLabel& label);
// [any] The code there is unmapped.
void retire(CodeExtent extent);

struct Owner {
  std::string_view domain, build;  // valid for as long as the entry is
  std::uint64_t generation = 0;
  bool unloaded = false;
};
// [signal] The owner of the code that is mapped there now; where none is, the last that was
// unloaded there.
std::optional<Owner> find(std::uintptr_t address);

}  // namespace composable::host::code_ranges
