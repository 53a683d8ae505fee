// prove_whole checks that a log is complete, once when it is opened and before anything is
// appended. The file's tables and indexes agree; positions are 1, 2, 3.. to the end, and so are
// the versions of each stream; every event has its stream, its type and its checksum; the log ends
// no earlier than it was acknowledged. It reads the whole log once. The thread that opens the log.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "events/open_progress.hpp"
#include "events/sqlite/connection.hpp"

namespace composable::host {

struct LogProof {
  // Damage that concerns one domain only, by its name: what is wrong, where, and what to do. That
  // domain must not be served; the others may.
  std::map<std::string, std::string> damaged;
  std::uint64_t head = 0;
  std::uint64_t events = 0;  // rows, removed ones included
  std::int64_t micros = 0;   // that it took
};

// `acknowledged`: the position that the log must have at least. DataLoss when damage cannot be
// attributed to a domain: nothing of this log may be served, and nothing appended.
absl::StatusOr<LogProof> prove_whole(Connection& connection, std::uint64_t acknowledged,
                                     const OpenProgress& progress);

}  // namespace composable::host
