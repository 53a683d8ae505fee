#include "plugin/code_ranges.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include "runtime/memory_map.hpp"
#include "runtime/mutex.hpp"

namespace composable::host::code_ranges {
namespace {

constexpr std::size_t kMaxDomain = 64;
constexpr std::size_t kMaxBuild = 128;

// Empty while `end` is 0, so that a signal in the middle of a change finds nothing.
struct Entry {
  std::atomic<std::uintptr_t> begin{0}, end{0};
  std::atomic<std::uint64_t> retired{0};  // 0: loaded; else its place in the order of unloading
  std::uint64_t generation = 0;
  std::array<char, kMaxDomain + 1> domain{};
  std::array<char, kMaxBuild + 1> build{};

  bool empty() const { return end.load(std::memory_order_acquire) == 0; }
};

constinit std::array<Entry, kCapacity> entries;
constinit Mutex changing;
constinit std::uint64_t retirements = 0;

template <std::size_t N>
void keep(std::array<char, N>& into, std::string_view text) {
  into.fill('\0');
  text.copy(into.data(), N - 1);
}

Entry* free_entry() {
  Entry* oldest = nullptr;
  for (Entry& entry : entries) {
    if (entry.empty()) return &entry;
    const std::uint64_t at = entry.retired;
    if (at != 0 && (oldest == nullptr || at < oldest->retired)) oldest = &entry;
  }
  return oldest;
}

// Its addresses belong to another range from now on.
void forget_retired(CodeExtent extent) {
  for (Entry& entry : entries) {
    const bool apart = entry.empty() || entry.end <= extent.begin || entry.begin >= extent.end;
    if (!apart && entry.retired != 0) entry.end.store(0, std::memory_order_release);
  }
}

}  // namespace

void enter(CodeExtent extent, const PluginLabel& label) {
  const MutexLock lock(changing);
  forget_retired(extent);
  Entry* const entry = extent.end == 0 ? nullptr : free_entry();
  if (entry == nullptr) return;
  entry->end.store(0, std::memory_order_release);
  keep(entry->domain, label.domain);
  keep(entry->build, label.build);
  entry->generation = label.generation;
  entry->begin = extent.begin;
  entry->retired = 0;
  entry->end.store(extent.end, std::memory_order_release);
}

void retire(CodeExtent extent) {
  const MutexLock lock(changing);
  for (Entry& entry : entries) {
    if (!entry.empty() && entry.begin == extent.begin && entry.retired == 0) {
      entry.retired = ++retirements;
    }
  }
}

std::optional<Owner> find(std::uintptr_t address) {
  const Entry* found = nullptr;
  for (const Entry& entry : entries) {
    if (address < entry.begin || address >= entry.end.load(std::memory_order_acquire)) continue;
    const bool better = found == nullptr || entry.retired == 0 ||
                        (found->retired != 0 && entry.retired > found->retired);
    if (better) found = &entry;
  }
  if (found == nullptr) return std::nullopt;
  // The addresses are in use again, for code that belongs to no plugin.
  if (found->retired != 0 && is_executable(address)) return std::nullopt;
  return Owner{.domain = found->domain.data(),
               .build = found->build.data(),
               .generation = found->generation,
               .unloaded = found->retired != 0};
}

}  // namespace composable::host::code_ranges
