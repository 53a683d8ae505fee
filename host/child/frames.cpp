#include "child/frames.hpp"

#include <cstring>

namespace composable::host {
namespace {

constexpr std::size_t kHead = sizeof(std::uint32_t) + 1;  // bytes of the payload, kind

}  // namespace

FrameWriter::FrameWriter(std::string& out, FrameKind kind) : out_(out), begin_(out.size()) {
  out_.append(sizeof(std::uint32_t), '\0');
  out_.push_back(static_cast<char>(kind));
}

FrameWriter::~FrameWriter() {
  const auto size = static_cast<std::uint32_t>(out_.size() - begin_ - kHead);
  std::memcpy(out_.data() + begin_, &size, sizeof size);
}

FrameWriter& FrameWriter::number(std::uint64_t value) {
  out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  return *this;
}

FrameWriter& FrameWriter::text(std::string_view value) {
  number(value.size());
  out_.append(value);
  return *this;
}

std::uint64_t PayloadReader::number() {
  std::uint64_t value = 0;
  good_ = good_ && rest_.size() >= sizeof value;
  if (!good_) return 0;
  std::memcpy(&value, rest_.data(), sizeof value);
  rest_.remove_prefix(sizeof value);
  return value;
}

std::string_view PayloadReader::text() {
  const std::uint64_t size = number();
  good_ = good_ && size <= rest_.size();
  if (!good_) return {};
  const std::string_view value = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return value;
}

char* FrameStream::reserve(std::size_t size) {
  bytes_.erase(0, read_);
  read_ = 0;
  begin_ = bytes_.size();
  bytes_.resize(begin_ + size);
  return bytes_.data() + begin_;
}

void FrameStream::filled(std::size_t size) { bytes_.resize(begin_ + size); }

FrameStream::Next FrameStream::next(Frame& frame) {
  const std::string_view rest = std::string_view(bytes_).substr(read_);
  if (rest.size() < kHead) return Next::kMore;
  std::uint32_t size = 0;
  std::memcpy(&size, rest.data(), sizeof size);
  if (size > kMaxFrame) return Next::kTooLong;
  if (rest.size() - kHead < size) return Next::kMore;
  frame = {static_cast<FrameKind>(rest[kHead - 1]), rest.substr(kHead, size)};
  read_ += kHead + size;
  return Next::kFrame;
}

}  // namespace composable::host
