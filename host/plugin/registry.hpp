// A Registry holds all plugins of a host: those that are loaded, and those that were refused with
// the reason. The application fills it before it listens. One thread at a time.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "plugin/loader.hpp"

namespace composable::host {

struct RefusedPlugin {
  std::string file;      // as it was given
  std::string reason;    // the whole sentence; begins with the file
  bool clashes = false;  // another file serves its name
  // The domain that it would serve; empty when it clashes, since another file serves that domain.
  std::string domain;
  std::string build;  // empty: it cannot be read

  bool operator==(const RefusedPlugin&) const = default;
};

// With the domain that its note names, or without one its file name; an empty `domain` is looked
// for. Blocks.
RefusedPlugin refused_plugin(const std::filesystem::path& file, std::string reason, bool clashes,
                             std::string domain = {});

class Registry {
 public:
  explicit Registry(Loader& loader) : loader_(loader) {}

  // Loads every plugin of the directories, directory by directory and in each by name. One that is
  // refused does not keep the others from loading. Fails, with nothing loaded, when a directory is
  // missing or writable by other users.
  absl::Status load(const std::vector<std::filesystem::path>& directories);

  std::vector<LoadedPlugin>& plugins() { return plugins_; }
  const std::vector<RefusedPlugin>& refused() const { return refused_; }
  // Gives all of them to the caller.
  std::vector<LoadedPlugin> take_plugins() { return std::exchange(plugins_, {}); }
  LoadedPlugin* find(std::string_view domain);  // null: not loaded

  // Unloads a plugin for a reason that is found later, such as a route that another domain serves.
  // `reason` does not name the file. Its domain must not have been taken.
  void refuse(std::string_view domain, std::string_view reason);

 private:
  void load_one(const std::filesystem::path& file);
  absl::Status check_name(const std::filesystem::path& file, std::string_view domain);

  Loader& loader_;
  std::vector<LoadedPlugin> plugins_;
  std::vector<RefusedPlugin> refused_;
};

}  // namespace composable::host
