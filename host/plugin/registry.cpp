#include "plugin/registry.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "plugin/build_identity.hpp"
#include "plugin/plugin_directory.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

// How a message about `file` names `other`: by the file name alone where that is unambiguous.
std::string beside(const fs::path& file, const fs::path& other) {
  const bool neighbours = file.parent_path() == other.parent_path();
  return neighbours ? other.filename().string() : other.string();
}

}  // namespace

RefusedPlugin refused_plugin(const fs::path& file, std::string reason, bool clashes,
                             std::string domain) {
  RefusedPlugin refused{.file = file.string(),
                        .reason = std::move(reason),
                        .clashes = clashes,
                        .domain = {},
                        .build = file_identity(file).value_or("")};
  if (clashes) return refused;
  refused.domain = domain.empty() ? claimed_domain(file) : std::move(domain);
  return refused;
}

absl::Status Registry::load(const std::vector<fs::path>& directories) {
  std::vector<fs::path> seen;
  std::vector<fs::path> files;
  for (const fs::path& directory : directories) {
    auto found = scan_plugin_directory(directory);
    if (!found.ok()) return found.status();
    std::error_code error;
    const fs::path canonical = fs::canonical(directory, error);
    if (std::find(seen.begin(), seen.end(), canonical) != seen.end()) continue;
    seen.push_back(canonical);
    files.insert(files.end(), found->begin(), found->end());
  }
  for (const fs::path& file : files) load_one(file);
  return absl::OkStatus();
}

void Registry::load_one(const fs::path& file) {
  auto plugin =
      loader_.load(file, [&](std::string_view domain) { return check_name(file, domain); });
  if (plugin.ok()) {
    plugins_.push_back(*std::move(plugin));
  } else {
    refused_.push_back(refused_plugin(file, std::string(plugin.status().message()),
                                      absl::IsAlreadyExists(plugin.status())));
  }
}

absl::Status Registry::check_name(const fs::path& file, std::string_view domain) {
  const LoadedPlugin* other = find(domain);
  if (other == nullptr) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrFormat("the domain \"%s\" is already served by %s; remove one of them", domain,
                      beside(file, other->file())));
}

LoadedPlugin* Registry::find(std::string_view domain) {
  const auto it = std::find_if(plugins_.begin(), plugins_.end(),
                               [domain](const LoadedPlugin& p) { return p.name() == domain; });
  return it == plugins_.end() ? nullptr : &*it;
}

void Registry::refuse(std::string_view domain, std::string_view reason) {
  LoadedPlugin* plugin = find(domain);
  if (plugin == nullptr) return;
  const fs::path file = plugin->file();
  refused_.push_back(refused_plugin(file, absl::StrFormat("%s: %s", file.string(), reason), true));
  plugins_.erase(plugins_.begin() + (plugin - plugins_.data()));
}

}  // namespace composable::host
