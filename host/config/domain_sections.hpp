// DomainSections holds the configuration of each domain, `domains.<name>`, and reads it again
// while the host runs: a domain that is created afterwards gets the new values. Other settings
// stay those of the start. Any thread.
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/load.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class DomainSections {
 public:
  // `loaded` has no mistakes.
  explicit DomainSections(const LoadedConfig& loaded);

  // JSON; `{}` when the domain has none.
  std::string of(std::string_view domain) const;

  struct Reread {
    bool changed = false;                    // a section
    std::vector<std::string> needs_restart;  // keys of other settings that have other values now
  };
  // Blocks while it reads the file. An error holds every mistake with its place, and changes
  // nothing.
  absl::StatusOr<Reread> read_again();

  // A line for each section whose domain is not in `domains`, with the likeliest name.
  std::vector<std::string> unknown(std::span<const std::string_view> domains) const;

 private:
  const Sources sources_;
  const std::map<std::string, std::string> settings_;  // at the start, as shown; by key

  mutable Mutex mutex_;
  std::map<std::string, std::string> sections_ ABSL_GUARDED_BY(mutex_);  // by domain
  std::map<std::string, std::string> origins_ ABSL_GUARDED_BY(mutex_);   // by domain
};

}  // namespace composable::host
