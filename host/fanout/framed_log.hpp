// A FramedLog holds the events of one loop as the bytes that readers get. Each is framed once, in
// a ring that is mapped twice in a row, so that the bytes between any two offsets are contiguous.
// A record of each frame stands next to it. Entries and offsets are numbered from 0 and never
// wrap; a reader is two numbers. One loop.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "fanout/delivery_filter.hpp"
#include "fanout/framing.hpp"

namespace composable::host {

// Without initialisers, so that the ring of them takes memory only as it is first written.
struct LogEntry {
  std::uint64_t offset;  // of its frame
  std::uint32_t length;  // of its frame, header included
  EventKey key;
  std::int64_t appended_us;  // steady time
};

class FramedLog {
 public:
  // `bytes` is rounded up to a power of two of pages; a text longer than half of it never fits.
  // Memory is taken as it is first written. ResourceExhausted when the kernel gives none.
  // `framing` outlives the log.
  static absl::StatusOr<FramedLog> create(std::size_t bytes, const Framing& framing);

  FramedLog(FramedLog&&) noexcept;
  FramedLog& operator=(FramedLog&&) = delete;
  ~FramedLog();

  const Framing& framing() const { return *framing_; }
  // Entries in the ring: [first, end). `first` only moves in evict().
  std::uint64_t first() const { return first_; }
  std::uint64_t end() const { return end_; }
  const LogEntry& entry(std::uint64_t number) const { return entries_[number & entry_mask_]; }
  // Where entry `number` begins; `end()` is where the next one will.
  std::uint64_t offset(std::uint64_t number) const {
    return number == end_ ? head_ : entry(number).offset;
  }
  // Valid up to the head for any offset since the first entry's.
  const char* at(std::uint64_t offset) const { return ring_ + (offset & byte_mask_); }
  // The entry that the byte at `offset` belongs to.
  std::uint64_t entry_at(std::uint64_t offset) const;

  // Whether a message of `size` bytes can ever be taken.
  bool takes(std::size_t size) const;
  // Whether it can be appended now; else evict() must make room.
  bool has_room(std::size_t size) const;
  // The first entry that stays when room is made for `size` bytes: an eighth of the ring at a time,
  // so that slow readers are looked at rarely.
  std::uint64_t first_after_making_room(std::size_t size) const;
  void evict(std::uint64_t new_first) { first_ = new_first; }

  // Frames `text` as one message. There must be room.
  void append(std::string_view text, const EventKey& key, std::int64_t now_us);

 private:
  FramedLog(char* ring, std::size_t bytes, const Framing& framing);

  const Framing* framing_;
  char* ring_;  // 2 * (byte_mask_ + 1) bytes
  std::uint64_t byte_mask_;
  std::uint64_t entry_mask_;
  std::unique_ptr<LogEntry[]> entries_;
  std::uint64_t head_ = 0;  // offset behind the last byte
  std::uint64_t first_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace composable::host
