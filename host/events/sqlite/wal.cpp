#include "events/sqlite/wal.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

// The formats: sqlite.org/walformat.html.
constexpr std::int64_t kFileHeader = 32, kFrameHeader = 24;
constexpr std::size_t kIndexHeader = 48;  // twice, then the count of copied frames
constexpr int kIndexRegion = 32768;
constexpr std::size_t kLargestFrame = kFrameHeader + 65536;

using Checksum = std::array<std::uint32_t, 2>;

template <typename T>
T at(const unsigned char* from, std::size_t offset) {
  T value;
  std::memcpy(&value, from + offset, sizeof value);
  return value;
}

template <std::endian kEndian>
std::uint32_t word(const unsigned char* from) {
  const auto native = at<std::uint32_t>(from, 0);
  return kEndian == std::endian::native ? native : __builtin_bswap32(native);
}

std::uint32_t big_endian(const unsigned char* from) { return word<std::endian::big>(from); }

// The sum goes over every page that is written, so it stays in registers.
template <std::endian kEndian>
void add(Checksum& sum, const unsigned char* from, std::size_t size) {
  auto [first, second] = sum;
  for (std::size_t i = 0; i < size; i += 8) {
    first += word<kEndian>(from + i) + second;
    second += word<kEndian>(from + i + 4) + first;
  }
  sum = {first, second};
}

void add(Checksum& sum, bool is_big_endian, const unsigned char* from, std::size_t size) {
  is_big_endian ? add<std::endian::big>(sum, from, size)
                : add<std::endian::little>(sum, from, size);
}

Checksum stored_checksum(const unsigned char* from) {
  return {big_endian(from), big_endian(from + 4)};
}

sqlite3_file* file_of(sqlite3* handle, int which) {
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(handle, "main", which, &file) != SQLITE_OK) return nullptr;
  return file == nullptr || file->pMethods == nullptr ? nullptr : file;
}

sqlite3_file* wal_of(sqlite3* handle) { return file_of(handle, SQLITE_FCNTL_JOURNAL_POINTER); }

std::int64_t frame_bytes(const WalState& state) { return kFrameHeader + state.page_size; }

std::int64_t offset_of(const WalState& state, std::uint32_t frame) {
  return kFileHeader + (std::int64_t{frame} - 1) * frame_bytes(state);
}

// False: the file is shorter.
absl::StatusOr<bool> read(sqlite3_file* file, unsigned char* to, std::int64_t size,
                          std::int64_t offset) {
  const int code = file->pMethods->xRead(file, to, static_cast<int>(size), offset);
  if (code == SQLITE_OK) return true;
  if (code == SQLITE_IOERR_SHORT_READ) return false;
  return absl::UnavailableError(
      absl::StrFormat("the WAL cannot be read: %s (sqlite %d)", sqlite3_errstr(code), code));
}

// Whether `frame` continues the sum, which then includes it.
bool continues(const WalState& state, const unsigned char* frame, Checksum& sum) {
  add(sum, state.big_endian, frame, 8);
  add(sum, state.big_endian, frame + kFrameHeader, state.page_size);
  return std::memcmp(frame + 8, state.salt.data(), state.salt.size()) == 0 &&
         stored_checksum(frame + 16) == sum;
}

// The sum that frame `first` goes on from. False: it is not there.
absl::StatusOr<bool> read_seed(sqlite3_file* file, const WalState& state, std::uint32_t first,
                               Checksum& sum) {
  std::array<unsigned char, kFileHeader> header{};
  const bool at_begin = first == 1;
  const std::int64_t size = at_begin ? kFileHeader : kFrameHeader;
  const auto whole = read(file, header.data(), size, at_begin ? 0 : offset_of(state, first - 1));
  if (!whole.ok() || !*whole) return whole;
  sum = stored_checksum(header.data() + (at_begin ? 24 : 16));
  return std::memcmp(header.data() + (at_begin ? 16 : 8), state.salt.data(), state.salt.size()) ==
         0;
}

}  // namespace

std::int64_t WalState::needed_bytes() const {
  return copied >= frames ? 0 : offset_of(*this, frames + 1);
}

std::optional<WalState> wal_state(sqlite3* handle) {
  sqlite3_file* file = file_of(handle, SQLITE_FCNTL_FILE_POINTER);
  if (file == nullptr || file->pMethods->iVersion < 2 || wal_of(handle) == nullptr) return {};
  void volatile* mapped = nullptr;
  if (file->pMethods->xShmMap(file, 0, kIndexRegion, 0, &mapped) != SQLITE_OK) return {};
  if (mapped == nullptr) return {};
  // Another process may be writing it: as SQLite does, what is the same twice is whole.
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::array<unsigned char, 2 * kIndexHeader + 4> copy{};
    const auto* from = static_cast<const volatile unsigned char*>(mapped);
    file->pMethods->xShmBarrier(file);
    for (std::size_t i = 0; i < copy.size(); ++i) copy[i] = from[i];
    if (std::memcmp(copy.data(), copy.data() + kIndexHeader, kIndexHeader) != 0) continue;
    if (copy[12] == 0) return {};  // not initialized
    const unsigned char* const head = copy.data();
    WalState state;
    const auto size = at<std::uint16_t>(head, 14);
    state.page_size = (size & 0xfe00u) + ((size & 1u) << 16);
    state.big_endian = head[13] != 0;
    state.frames = at<std::uint32_t>(head, 16);
    state.pages = at<std::uint32_t>(head, 20);
    state.checksum = {at<std::uint32_t>(head, 24), at<std::uint32_t>(head, 28)};
    std::memcpy(state.salt.data(), head + 32, state.salt.size());
    state.copied = at<std::uint32_t>(head, 2 * kIndexHeader);
    return state;
  }
  return {};
}

absl::StatusOr<std::uint32_t> first_lost_frame(sqlite3* handle, const WalState& state,
                                               std::uint32_t first) {
  if (first > state.frames) return 0;
  if (!std::has_single_bit(state.page_size)) return first;  // the index is damaged
  sqlite3_file* file = wal_of(handle);
  if (file == nullptr) return first;
  Checksum sum{};
  const auto seeded = read_seed(file, state, first, sum);
  if (!seeded.ok()) return seeded.status();
  if (!*seeded) return first;
  // On the stack: after every commit an allocation of this size would cost more than the sums.
  std::array<unsigned char, kLargestFrame> bytes;
  const auto at_once = static_cast<std::uint32_t>(kLargestFrame / frame_bytes(state));
  for (std::uint32_t frame = first; frame <= state.frames;) {
    const std::uint32_t count = std::min(at_once, state.frames - frame + 1);
    // Of a file that is shorter the rest reads as zeros.
    const auto whole =
        read(file, bytes.data(), count * frame_bytes(state), offset_of(state, frame));
    if (!whole.ok()) return whole.status();
    for (std::uint32_t i = 0; i < count; ++i, ++frame) {
      if (!continues(state, bytes.data() + i * frame_bytes(state), sum)) return frame;
    }
    if (!*whole) return frame - 1;
  }
  return sum == state.checksum ? 0 : state.frames;
}

bool may_come_back(sqlite3* handle, const WalState& state) {
  sqlite3_file* file = wal_of(handle);
  if (file == nullptr) return true;
  Checksum sum = state.checksum;
  if (state.frames == 0) {
    const auto seeded = read_seed(file, state, 1, sum);
    if (!seeded.ok()) return true;
    if (!*seeded) return false;  // what was to begin anew has not begun
  }
  std::string buffer(static_cast<std::size_t>(frame_bytes(state)), '\0');
  auto* const bytes = reinterpret_cast<unsigned char*>(buffer.data());
  for (std::uint32_t frame = state.frames + 1;; ++frame) {
    const auto whole = read(file, bytes, frame_bytes(state), offset_of(state, frame));
    if (!whole.ok()) return true;
    if (!*whole || !continues(state, bytes, sum)) return false;
    if (big_endian(bytes + 4) != 0) return true;  // a commit ends here
  }
}

absl::Status rewrite_frames(sqlite3* handle, const WalState& state) {
  sqlite3_file* file = wal_of(handle);
  if (file == nullptr) return absl::OkStatus();
  std::string buffer(static_cast<std::size_t>(frame_bytes(state)), '\0');
  auto* const bytes = reinterpret_cast<unsigned char*>(buffer.data());
  const auto rewrite = [&](std::int64_t size, std::int64_t offset) -> absl::Status {
    const auto whole = read(file, bytes, size, offset);
    if (!whole.ok()) return whole.status();
    const int code = file->pMethods->xWrite(file, bytes, static_cast<int>(size), offset);
    if (code == SQLITE_OK) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrFormat("the WAL cannot be written: %s (sqlite %d)", sqlite3_errstr(code), code));
  };
  if (state.copied >= state.frames) return absl::OkStatus();
  absl::Status status = rewrite(kFileHeader, 0);
  // All of them: a recovery reads from the first one.
  for (std::uint32_t frame = 1; status.ok() && frame <= state.frames; ++frame) {
    status = rewrite(frame_bytes(state), offset_of(state, frame));
  }
  return status;
}

std::int64_t wal_bytes(sqlite3* handle) {
  sqlite3_file* file = wal_of(handle);
  sqlite3_int64 size = 0;
  if (file == nullptr || file->pMethods->xFileSize(file, &size) != SQLITE_OK) return -1;
  return size;
}

}  // namespace composable::host
