// A LoadedPlugin is one generation of a domain, loaded: its code, its private copy, its host
// services, and its domain until the store takes that. The loader makes it; its destructor unloads
// it. Any thread, one at a time; unloading blocks while the plugin's own functions run.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "domain/domain_handle.hpp"
#include "plugin/host_services.hpp"
#include "plugin/library.hpp"
#include "plugin/lint.hpp"
#include "plugin/private_copy.hpp"

namespace composable::host {

class LoadedPlugin {
 public:
  LoadedPlugin(LoadedPlugin&&) noexcept = default;
  LoadedPlugin& operator=(LoadedPlugin&& other) noexcept;
  ~LoadedPlugin();  // unloads

  const std::string& name() const { return name_; }            // of the domain
  const std::filesystem::path& file() const { return file_; }  // as it was given, not the copy
  const std::filesystem::path& copy() const { return copy_.path(); }
  // The identity of its build, in hex: see build_identity.hpp.
  const std::string& build() const { return build_; }
  std::uint64_t generation() const { return copy_.generation(); }  // from 1, per domain
  const std::vector<Finding>& findings() const { return findings_; }
  // It stays mapped until the process ends, so that it cannot be reloaded.
  bool permanent() const { return is_permanent(findings_); }

  const DomainHandle& domain() const { return *domain_; }  // until take_domain()
  // Gives the domain to the store, which must release it before this object ends.
  DomainHandle take_domain();

  // The threads that began since it was loaded, are not the host's and still run, maybe its code,
  // as words to follow "it may be held by". Empty: there are none. Threads that end within
  // `patience` do not count.
  std::string thread_holder(std::chrono::milliseconds patience) const;
  // Destroys the domain unless it was taken, closes the library and looks whether it is gone. Code
  // that is still mapped, such as code that foreign threads hold, keeps its private copy and its
  // host services. Once; no function of the plugin may run or be called afterwards.
  UnloadResult unload();
  // After unload(): the copy, empty when code is still mapped from it. Not taken, it ends with this
  // object.
  PrivateCopy take_copy() { return std::move(copy_); }
  // Shows the plugin as `file` from now on, when it was loaded from another file such as a kept
  // build.
  void show_as(std::filesystem::path file) { file_ = std::move(file); }

 private:
  friend class Loader;
  LoadedPlugin() = default;

  std::string name_;
  std::filesystem::path file_;
  std::string build_;
  std::vector<Finding> findings_;
  PluginLabel label_;                // as the note and the file say it
  std::vector<int> threads_before_;  // those of the process when its code was mapped
  PrivateCopy copy_;
  std::unique_ptr<HostServices> services_;
  Library library_;
  std::unique_ptr<DomainHandle> domain_;
};

}  // namespace composable::host
