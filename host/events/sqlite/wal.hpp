// These functions check the write-ahead log against its index. SQLite reads frames by the index,
// which lives in shared memory, and does not check that the file still holds them. A WAL that was
// cut is written on behind a hole, and everything committed behind the hole is lost at the next
// recovery. So the writer compares the two around each commit.
//
// They use the connection's own open files, so that no lock is lost and every VFS works. The
// thread that uses the connection.
#pragma once
#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"

namespace composable::host {

// What the index of the WAL says: where the last commit ends.
struct WalState {
  std::uint32_t frames = 0;                 // of committed transactions, since it last began anew
  std::uint32_t copied = 0;                 // of these into the data file
  std::uint32_t pages = 0;                  // of the data file, after the last commit
  std::uint32_t page_size = 0;              // bytes
  bool big_endian = false;                  // the words of its checksums
  std::array<std::uint32_t, 2> checksum{};  // up to and with the last frame
  std::array<unsigned char, 8> salt{};      // in every frame since it last began anew

  // Bytes that the WAL has at least; 0 when the data file has everything.
  std::int64_t needed_bytes() const;
  bool same_place(const WalState& other) const {
    return frames == other.frames && salt == other.salt && checksum == other.checksum;
  }
};

// Nothing when this connection has no WAL, or another process changes it at every look.
std::optional<WalState> wal_state(sqlite3* handle);

// Compares the frames from `first` (1..) to the last one with their checksums. The number of the
// first that is not what it must be; 0: all are. An error when the file cannot be read.
absl::StatusOr<std::uint32_t> first_lost_frame(sqlite3* handle, const WalState& state,
                                               std::uint32_t first);

// Whether the file has a whole transaction after the last one that the index knows: a commit that
// failed late, which a recovery would find. True also when that is unknown.
bool may_come_back(sqlite3* handle, const WalState& state);

// Writes the frames that are not in the data file over themselves, so that the next sync makes them
// durable whatever became of an earlier one. The caller holds the write lock.
absl::Status rewrite_frames(sqlite3* handle, const WalState& state);

// Bytes of the WAL now; -1 when that is unknown.
std::int64_t wal_bytes(sqlite3* handle);

}  // namespace composable::host
