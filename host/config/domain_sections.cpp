#include "config/domain_sections.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/escaped.hpp"
#include "runtime/nearest_name.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kSections = "domains.";
constexpr std::size_t kLongestName = 64;

std::map<std::string, std::string> settings_of(const LoadedConfig& loaded) {
  std::map<std::string, std::string> values;
  for (ShownSetting& setting : shown_settings(loaded)) {
    if (setting.key.starts_with(kSections)) continue;
    values.emplace(std::move(setting.key), std::move(setting.value));
  }
  return values;
}

std::map<std::string, std::string> origins_of(const LoadedConfig& loaded) {
  std::map<std::string, std::string> origins;
  for (const auto& [key, origin] : loaded.origins) {
    if (key.starts_with(kSections)) origins.emplace(key.substr(kSections.size()), origin);
  }
  return origins;
}

}  // namespace

DomainSections::DomainSections(const LoadedConfig& loaded)
    : sources_(loaded.sources),
      settings_(settings_of(loaded)),
      sections_(loaded.config.domains),
      origins_(origins_of(loaded)) {}

std::string DomainSections::of(std::string_view domain) const {
  const MutexLock lock(mutex_);
  const auto found = sections_.find(std::string(domain));
  return found == sections_.end() ? "{}" : found->second;
}

absl::StatusOr<DomainSections::Reread> DomainSections::read_again() {
  const LoadedConfig loaded = load_config(sources_);
  if (!loaded.ok()) {
    std::string all;
    for (const Mistake& mistake : loaded.mistakes) {
      all += (all.empty() ? "" : "; ") + mistake.text;
    }
    return absl::InvalidArgumentError(all);
  }
  Reread reread;
  for (const auto& [key, value] : settings_of(loaded)) {
    const auto before = settings_.find(key);
    if (before == settings_.end() || before->second != value) reread.needs_restart.push_back(key);
  }
  const MutexLock lock(mutex_);
  reread.changed = sections_ != loaded.config.domains;
  sections_ = loaded.config.domains;
  origins_ = origins_of(loaded);
  return reread;
}

std::vector<std::string> DomainSections::unknown(std::span<const std::string_view> domains) const {
  std::vector<std::string> lines;
  const MutexLock lock(mutex_);
  for (const auto& [name, origin] : origins_) {
    if (std::find(domains.begin(), domains.end(), name) != domains.end()) continue;
    std::string shown;
    append_escaped(shown, name, kLongestName);
    const std::string_view nearest = nearest_name(name, domains);
    const std::string advice = nearest.empty() ? "remove it, or add the domain's plugin"
                                               : absl::StrFormat("did you mean %s?", nearest);
    lines.push_back(absl::StrFormat("domains.%s: no plugin serves this domain; %s (%s)", shown,
                                    advice, origin));
  }
  return lines;
}

}  // namespace composable::host
