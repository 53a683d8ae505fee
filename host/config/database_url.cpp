#include "config/database_url.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kFileName = "events.db";

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

absl::StatusOr<Database> parse_database_url(std::string_view url,
                                            const std::filesystem::path& data_dir) {
  if (url.empty()) return Database{.file = data_dir / kFileName};
  if (url == "memory:") return Database{.in_memory = true};
  if (take_prefix(url, "postgresql:") || take_prefix(url, "postgres:")) {
    return absl::InvalidArgumentError(
        "database_url: postgresql is not supported by this host; use sqlite: or memory:");
  }
  if (!take_prefix(url, "sqlite:")) {
    return absl::InvalidArgumentError(
        "database_url: expected sqlite:<file> or memory:, found another scheme");
  }
  take_prefix(url, "//");
  if (url.empty() || url == ":memory:") {
    return absl::InvalidArgumentError(
        "database_url: expected a file after sqlite:, found none; use memory: to keep nothing");
  }
  if (url.find('?') != std::string_view::npos) {
    return absl::InvalidArgumentError(
        "database_url: expected only a file after sqlite:, found a query; leave it out");
  }
  return Database{.file = std::filesystem::path(url)};
}

}  // namespace composable::host
