// A LogHead records how far the log was acknowledged, in a small file next to it
// (`events.db.head`). It tells a log that was emptied, cut or rolled back from one that never held
// more. It is written after each commit and before the answer, but synced at start and end only:
// after a power cut it may say less than the log holds, never more.
//
// Owned by the store; one thread at a time.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "runtime/unique_fd.hpp"
#include "runtime/uuid.hpp"

namespace composable::host {

class LogHead {
 public:
  struct Known {
    Uuid epoch;
    std::uint64_t position = 0;  // the last that was acknowledged; 0: none
  };

  // Reads `path` when it exists; makes nothing yet. An unreadable file counts as none.
  explicit LogHead(std::string path);

  const std::optional<Known>& known() const { return known_; }
  // Whether the file is there but says nothing that can be used.
  bool is_unreadable() const { return unreadable_; }
  const std::string& path() const { return path_; }

  // Makes the file when it is missing. A failure costs the check at the next start, not the commit:
  // the caller reports it.
  absl::Status note(const Uuid& epoch, std::uint64_t position);
  absl::Status sync();

 private:
  absl::Status failed(const char* doing) const;

  std::string path_;
  UniqueFd fd_;
  std::optional<Known> known_;
  bool unreadable_ = false;
};

}  // namespace composable::host
