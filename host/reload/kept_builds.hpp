// KeptBuilds keeps the last builds of each domain that have served, in the data directory, so that
// one of them can serve again: after a newer one, after a crash, and after a restart.
//
//     <data directory>/kept/                          0700
//     <data directory>/kept/orders.9f2c41d0….so       0600, the bytes that were mapped
//     <data directory>/kept/orders.9f2c41d0….txt      0600, what they are
//
// A file is written under another name and renamed. A file that does not match its digest is not
// used. One thread: the reloader's.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/domain_tables.hpp"

namespace composable::host {

struct KeptBuild {
  std::string domain, build, version;
  std::string digest;               // SHA-256 of the file, hex
  std::uint64_t bytes = 0;          // of the file
  std::int64_t served_us = 0;       // Unix time: when it began to serve the last time
  std::uint64_t generation = 0;     // the newest of this process; 0: it served before that began
  std::vector<std::string> events;  // the event types that it can read
  std::filesystem::path file;
};

// The name for people: `generation 3`, or `build 9f2c41d0` when it served before this process
// began.
std::string name_of(const KeptBuild& build);
// The event types of a domain that stores any.
std::vector<std::string> event_types_of(const DomainTables& domain);

class KeptBuilds {
 public:
  static constexpr std::size_t kMaxPerDomain = 6;  // the one that serves included
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{512} << 20;  // of all domains

  explicit KeptBuilds(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // Makes the directory and reads it. Files that are no kept build are removed. An error: nothing
  // can be kept, and keep() returns the same error.
  absl::Status open();

  // Keeps the build in `source`, which has begun to serve. `build` needs neither digest, bytes nor
  // file. At a bound, older builds are removed: those of the domain, then the oldest of all.
  // ResourceExhausted: it is larger than the bound of all.
  absl::Status keep(KeptBuild build, const std::filesystem::path& source, std::int64_t now_us);

  // Newest first.
  std::vector<KeptBuild> of(std::string_view domain) const;
  // Checks that its file is what was kept. An error says what was found; the build is forgotten
  // then.
  absl::Status check(const KeptBuild& build);

 private:
  absl::Status make_directory() const;
  absl::Status write(const KeptBuild& build) const;
  void remove(const KeptBuild& build);
  void make_room(const KeptBuild& newest);

  const std::filesystem::path directory_;
  absl::Status usable_ = absl::UnavailableError("kept builds were not opened");
  std::vector<KeptBuild> builds_;  // newest first
};

}  // namespace composable::host
