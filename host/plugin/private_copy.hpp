// A RunDirectory holds the private copies of the plugins that a host maps. It is one directory per
// running host, which no other user may enter, with one copy per generation under a name that is
// never used twice. So a plugin file can be overwritten, moved or deleted while its code runs.
//
//     <run directory>/.lock              held while a host starts or cleans up
//     <run directory>/host-<pid>/.lock   held for as long as that host lives
//     <run directory>/host-<pid>/orders.3.9f2c41d0.so
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/mutex.hpp"
#include "runtime/unique_fd.hpp"

namespace composable::host {

// One copy on disk; removed at the end, unless it was kept.
class PrivateCopy {
 public:
  PrivateCopy() = default;
  PrivateCopy(std::filesystem::path path, std::uint64_t generation);
  PrivateCopy(PrivateCopy&& other) noexcept;
  PrivateCopy& operator=(PrivateCopy&& other) noexcept;
  ~PrivateCopy();

  const std::filesystem::path& path() const { return path_; }  // absolute
  std::uint64_t generation() const { return generation_; }
  // Leaves the file to the run directory: code is still mapped from it, and debuggers and crash
  // reports name it.
  void keep() { path_.clear(); }

 private:
  std::filesystem::path path_;
  std::uint64_t generation_ = 0;
};

class RunDirectory {
 public:
  static constexpr std::chrono::seconds kPatience{10};

  // Makes `parent` (0700) where needed and this host's directory in it, and removes those of hosts
  // that died. Waits for as long as `patience` while another process comes or cleans up, with a
  // line in the log that names it.
  static absl::StatusOr<std::unique_ptr<RunDirectory>> open(
      const std::filesystem::path& parent, std::chrono::milliseconds patience = kPatience);

  ~RunDirectory();  // removes the directory with all that is left in it
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // [any] Writes the next generation of `name`. `identity` is that of the build, in hex; its first
  // eight characters stand in the file's name.
  absl::StatusOr<PrivateCopy> write(std::string_view name, std::string_view identity,
                                    std::span<const std::uint8_t> bytes);

 private:
  RunDirectory(std::filesystem::path path, UniqueFd lock);

  const std::filesystem::path path_;
  const UniqueFd lock_;
  Mutex mutex_;
  absl::flat_hash_map<std::string, std::uint64_t> generations_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace composable::host
