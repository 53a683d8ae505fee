#include "plugin/host_services.hpp"

#include <algorithm>
#include <utility>

#include "composable/abi/version.h"

namespace composable::host {
namespace {

constexpr std::size_t kMaxLine = 16 * 1024;
constexpr std::string_view kCut = "… (cut)";

// A line that is too long, cut between two characters.
std::string cut(std::string_view line) {
  std::size_t end = kMaxLine - kCut.size();
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
  return std::string(line.substr(0, end)).append(kCut);
}

}  // namespace

HostServices::HostServices(std::string domain, PluginLog log)
    : domain_(std::move(domain)), log_(std::move(log)) {
  table_.struct_size = sizeof(table_);
  table_.abi_major = COMPOSABLE_ABI_MAJOR;
  table_.abi_minor = COMPOSABLE_ABI_MINOR;
  table_.impl = this;
  table_.log = &HostServices::log;
  table_.query_extension = &HostServices::query_extension;
}

void HostServices::log(const composable_host* host, std::uint32_t level, composable_str message) {
  const auto* self = static_cast<const HostServices*>(host->impl);
  if (!self->log_ || message.ptr == nullptr) return;
  try {
    const std::string_view line(message.ptr, message.len);
    self->log_(self->domain_, std::clamp(level, COMPOSABLE_LOG_DEBUG, COMPOSABLE_LOG_ERROR),
               line.size() <= kMaxLine ? line : cut(line));
  } catch (...) {
    // A line that cannot be written is lost: no exception may cross the C boundary.
  }
}

const void* HostServices::query_extension(const composable_host*, composable_str) {
  return nullptr;
}

}  // namespace composable::host
