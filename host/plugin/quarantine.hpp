// Which builds this host does not load because they have crashed it too often, and which domains
// are not served for that. The loader asks it; the health page shows it. [any]
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "plugin/crash_history.hpp"

namespace composable::host {

class Quarantine {
 public:
  // `text` is what `file` holds.
  Quarantine(const std::filesystem::path& file, std::string text, const CrashRule& rule);

  // The message says what the build did, and what to do; it does not name the plugin's file.
  absl::Status admit(std::string_view build);
  // Of the builds that were not admitted, each once.
  std::vector<std::string> domains() const;

 private:
  const std::string file_;
  const CrashHistory history_;
  const CrashRule rule_;
  mutable absl::Mutex mutex_;
  std::vector<std::string> domains_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace composable::host
