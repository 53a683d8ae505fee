#include "fanout/framed_log.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

constexpr std::size_t kBytesPerEntry = 64;  // no event's frame is shorter in practice

// The same `bytes` of memory twice in a row; null when the kernel refuses.
char* map_twice(std::size_t bytes) {
  const int file = memfd_create("composable-framed-log", MFD_CLOEXEC);
  if (file < 0) return nullptr;
  char* ring = nullptr;
  if (ftruncate(file, static_cast<off_t>(bytes)) == 0) {
    void* const space = mmap(nullptr, 2 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (space != MAP_FAILED) {
      ring = static_cast<char*>(space);
      for (char* half : {ring, ring + bytes}) {
        if (mmap(half, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) ==
            MAP_FAILED) {
          munmap(space, 2 * bytes);
          ring = nullptr;
          break;
        }
      }
    }
  }
  close(file);
  return ring;
}

}  // namespace

absl::StatusOr<FramedLog> FramedLog::create(std::size_t bytes, const Framing& framing) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  bytes = std::bit_ceil(std::max(bytes, page));
  char* const ring = map_twice(bytes);
  if (ring == nullptr) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "framed log: cannot map %d bytes, found %s; allow more memory or set a smaller log", bytes,
        std::strerror(errno)));
  }
  return FramedLog(ring, bytes, framing);
}

FramedLog::FramedLog(char* ring, std::size_t bytes, const Framing& framing)
    : framing_(&framing),
      ring_(ring),
      byte_mask_(bytes - 1),
      entry_mask_(bytes / kBytesPerEntry - 1),
      entries_(std::make_unique_for_overwrite<LogEntry[]>(bytes / kBytesPerEntry)) {}

FramedLog::FramedLog(FramedLog&& other) noexcept
    : framing_(other.framing_),
      ring_(std::exchange(other.ring_, nullptr)),
      byte_mask_(other.byte_mask_),
      entry_mask_(other.entry_mask_),
      entries_(std::move(other.entries_)),
      head_(other.head_),
      first_(other.first_),
      end_(other.end_) {}

FramedLog::~FramedLog() {
  if (ring_ != nullptr) munmap(ring_, 2 * (byte_mask_ + 1));
}

std::uint64_t FramedLog::entry_at(std::uint64_t offset) const {
  std::uint64_t low = first_, high = end_;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (entry(middle).offset <= offset ? low : high) = middle;
  }
  return low;
}

bool FramedLog::takes(std::size_t size) const {
  return size + framing_->overhead() <= (byte_mask_ + 1) / 2;
}

bool FramedLog::has_room(std::size_t size) const {
  if (end_ - first_ > entry_mask_) return false;
  return head_ - offset(first_) + size + framing_->overhead() <= byte_mask_ + 1;
}

std::uint64_t FramedLog::first_after_making_room(std::size_t size) const {
  const std::uint64_t room =
      std::max<std::uint64_t>(size + framing_->overhead(), (byte_mask_ + 1) / 8);
  const std::uint64_t keep_from = head_ + room - (byte_mask_ + 1);
  const std::uint64_t eighth = (entry_mask_ + 1) / 8;
  std::uint64_t number = first_;
  if (end_ - first_ > entry_mask_) number += std::min(eighth, end_ - first_);
  while (number < end_ && static_cast<std::int64_t>(offset(number) - keep_from) < 0) ++number;
  return number;
}

void FramedLog::append(std::string_view text, const EventKey& key, std::int64_t now_us) {
  char* const to = ring_ + (head_ & byte_mask_);
  const std::size_t length = framing_->write(to, text);
  entries_[end_ & entry_mask_] = {head_, static_cast<std::uint32_t>(length), key, now_us};
  head_ += length;
  ++end_;
}

}  // namespace composable::host
