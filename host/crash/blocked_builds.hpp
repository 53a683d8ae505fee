// BlockedBuilds knows the builds that this host does not load because they have crashed it too
// often. The loader asks it. [any]
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "crash/crash_history.hpp"

namespace composable::host {

class BlockedBuilds {
 public:
  // `text` is what `file` holds.
  BlockedBuilds(const std::filesystem::path& file, std::string text, const CrashRule& rule);

  // The message says what the build did, and what to do; it does not name the plugin's file.
  absl::Status admit(std::string_view build) const;
  // Whether admit() would refuse it.
  bool has(std::string_view build) const { return history_.set_aside(build, rule_) != nullptr; }

 private:
  const std::string file_;
  const CrashHistory history_;
  const CrashRule rule_;
};

}  // namespace composable::host
