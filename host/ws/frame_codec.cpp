#include "ws/frame_codec.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace composable::host {
namespace {

constexpr std::size_t kMaxControl = 125;
constexpr std::size_t kKeptBuffer = 1024;  // what a message buffer may keep while idle

std::uint64_t big_endian(const char* at, std::size_t n) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < n; ++i) value = value << 8 | static_cast<std::uint8_t>(at[i]);
  return value;
}

void clear_buffer(std::string& buffer) {
  if (buffer.capacity() > kKeptBuffer) {
    buffer = std::string();
  } else {
    buffer.clear();
  }
}

}  // namespace

bool valid_close_code(std::uint16_t code) {
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

void unmask(std::span<char> data, const std::array<char, 4>& mask, std::uint64_t offset) {
  std::array<char, 8> turned;
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = mask[(offset + i) & 3];
  std::uint64_t wide;
  std::memcpy(&wide, turned.data(), 8);
  char* at = data.data();
  std::size_t left = data.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, at, 8);
    eight ^= wide;
    std::memcpy(at, &eight, 8);
  }
  for (std::size_t i = 0; i < left; ++i) at[i] = static_cast<char>(at[i] ^ turned[i]);
}

FrameReader::Event FrameReader::next(std::span<char>& input) {
  if (ended_) {
    input = {};
    return Event::kMore;
  }
  if (std::exchange(stale_, false)) {
    clear_buffer(is_control() ? control_ : message_);
    payload_ = {};
  }
  for (;;) {
    if (!in_payload_ && !read_header(input)) return ended_ ? Event::kFault : Event::kMore;
    const auto size = std::min<std::uint64_t>(input.size(), length_ - taken_);
    const std::span<char> chunk = input.first(static_cast<std::size_t>(size));
    input = input.subspan(chunk.size());
    const Event event = take_payload(chunk);
    if (event != Event::kMore || in_payload_) return event;
  }
}

bool FrameReader::read_header(std::span<char>& input) {
  for (;;) {
    const std::size_t wanted = header_need_ - header_size_;
    const std::size_t size = std::min(input.size(), wanted);
    if (size > 0) std::memcpy(header_.data() + header_size_, input.data(), size);
    input = input.subspan(size);
    header_size_ = static_cast<std::uint8_t>(header_size_ + size);
    if (size < wanted) return false;
    if (header_need_ > 2) break;
    if (!check_start()) return false;
  }
  if (!check_length()) return false;
  header_size_ = 0;
  header_need_ = 2;
  taken_ = 0;
  in_payload_ = true;
  return true;
}

bool FrameReader::check_start() {
  const auto first = static_cast<std::uint8_t>(header_[0]);
  const auto second = static_cast<std::uint8_t>(header_[1]);
  final_ = (first & 0x80) != 0;
  opcode_ = static_cast<Opcode>(first & 0x0F);
  const std::uint8_t short_length = second & 0x7F;
  const auto refuse = [this](std::uint16_t code, std::string_view reason) {
    fail(code, reason);
    return false;
  };
  if ((first & 0x70) != 0) return refuse(kCloseProtocolError, "reserved bits set");
  if ((second & 0x80) == 0) return refuse(kCloseProtocolError, "frame not masked");
  switch (opcode_) {
    case Opcode::kText:
      if (in_message_) return refuse(kCloseProtocolError, "new message inside another");
      break;
    case Opcode::kContinuation:
      if (!in_message_) return refuse(kCloseProtocolError, "continuation of no message");
      break;
    case Opcode::kBinary:
      return refuse(kCloseUnsupportedData, "binary frames are not supported");
    case Opcode::kClose:
    case Opcode::kPing:
    case Opcode::kPong:
      if (!final_) return refuse(kCloseProtocolError, "fragmented control frame");
      if (short_length > kMaxControl) return refuse(kCloseProtocolError, "control frame too long");
      break;
    default:
      return refuse(kCloseProtocolError, "reserved opcode");
  }
  const std::size_t extended = short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
  header_need_ = static_cast<std::uint8_t>(2 + extended + mask_.size());
  length_ = short_length;
  return true;
}

bool FrameReader::check_length() {
  const std::size_t extended = header_need_ - 2 - mask_.size();
  std::memcpy(mask_.data(), header_.data() + 2 + extended, mask_.size());
  if (extended > 0) {
    length_ = big_endian(header_.data() + 2, extended);
    const std::uint64_t least = extended == 2 ? kMaxControl + 1 : 0x10000;
    if (length_ < least || length_ >> 63 != 0) {
      fail(kCloseProtocolError, "length not in its shortest form");
      return false;
    }
  }
  if (!is_control() && length_ > message_bytes_ - message_.size()) {
    fail(kCloseTooLarge, "message too large");
    return false;
  }
  return true;
}

// A frame that arrives whole is given out where it lies; only pieces are copied together.
FrameReader::Event FrameReader::take_payload(std::span<char> chunk) {
  unmask(chunk, mask_, taken_);
  const std::string_view text(chunk.data(), chunk.size());
  const bool first = taken_ == 0;
  taken_ += chunk.size();
  const bool complete = taken_ == length_;
  std::string& buffer = is_control() ? control_ : message_;
  if (!is_control() && !utf8_.feed(text)) return fail(kCloseNotUtf8, "text is not UTF-8");

  const bool in_place = complete && first && (is_control() || (final_ && !in_message_));
  if (!in_place) buffer.append(text);
  if (!complete) return Event::kMore;

  in_payload_ = false;
  payload_ = in_place ? text : std::string_view(buffer);
  if (is_control()) return end_control();
  in_message_ = !final_;
  if (!final_) return Event::kMore;
  if (!utf8_.whole()) return fail(kCloseNotUtf8, "text is not UTF-8");
  stale_ = true;
  return Event::kText;
}

FrameReader::Event FrameReader::end_control() {
  stale_ = true;
  if (opcode_ == Opcode::kPing) return Event::kPing;
  if (opcode_ == Opcode::kPong) return Event::kPong;
  return end_close();
}

FrameReader::Event FrameReader::end_close() {
  close_code_ = kCloseNoCode;
  if (payload_.size() == 1) return fail(kCloseProtocolError, "close payload of one byte");
  if (payload_.size() >= 2) {
    const auto code = static_cast<std::uint16_t>(big_endian(payload_.data(), 2));
    if (!valid_close_code(code)) return fail(kCloseProtocolError, "close code not allowed");
    payload_.remove_prefix(2);
    Utf8Check reason;
    if (!reason.feed(payload_) || !reason.whole()) {
      return fail(kCloseNotUtf8, "close reason is not UTF-8");
    }
    close_code_ = code;
  }
  ended_ = true;
  return Event::kClose;
}

FrameReader::Event FrameReader::fail(std::uint16_t code, std::string_view reason) {
  ended_ = true;
  close_code_ = code;
  payload_ = reason;
  message_ = std::string();
  return Event::kFault;
}

std::size_t write_frame_header(char* out, Opcode opcode, std::uint64_t length) {
  out[0] = static_cast<char>(0x80 | static_cast<std::uint8_t>(opcode));
  const auto put = [&](std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) out[2 + i] = static_cast<char>(length >> (8 * (n - 1 - i)));
    return 2 + n;
  };
  if (length <= kMaxControl) {
    out[1] = static_cast<char>(length);
    return 2;
  }
  if (length <= 0xFFFF) {
    out[1] = 126;
    return put(2);
  }
  out[1] = 127;
  return put(8);
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  char header[kMaxServerHeader];
  out.append(header, write_frame_header(header, opcode, payload.size()));
  out.append(payload);
}

void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason) {
  if (code == kCloseNoCode) return append_frame(out, Opcode::kClose, {});
  std::string payload;
  payload.push_back(static_cast<char>(code >> 8));
  payload.push_back(static_cast<char>(code & 0xFF));
  payload.append(reason.substr(0, kMaxControl - 2));
  append_frame(out, Opcode::kClose, payload);
}

}  // namespace composable::host
