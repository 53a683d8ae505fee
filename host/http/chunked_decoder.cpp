#include "http/chunked_decoder.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "http/characters.hpp"
#include "http/message_framing.hpp"

namespace composable::host {
namespace {

constexpr std::uint32_t kMostDigits = 16;  // of a size, leading zeros too
constexpr std::string_view kSizeFault = "body: a chunk size must be 1 to 16 hexadecimal digits";
constexpr std::string_view kExtensionFault =
    "body: a chunk extension must be ;name, ;name=token or ;name=\"text\"";
constexpr std::string_view kLengthFault = "body: a chunk is longer than its size says";
constexpr std::string_view kLineFault = "body: a line of the chunks does not end in CR LF";

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char letter = static_cast<char>(c | 0x20);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

}  // namespace

void ChunkedDecoder::begin() {
  step_ = Step::kSize;
  digits_ = 0;
  left_ = total_ = 0;
  body_limit_ = 0;
  extension_bytes_ = trailer_bytes_ = trailers_ = name_length_ = 0;
  refusal_.reset();
}

std::optional<Refusal> ChunkedDecoder::take_refusal() { return std::exchange(refusal_, {}); }

void ChunkedDecoder::refuse(std::string_view message) {
  refusal_ = bad_request(std::string(message));
}

std::size_t ChunkedDecoder::decode(std::string_view bytes, std::string& body) {
  std::size_t at = 0;
  while (at < bytes.size() && step_ != Step::kDone && !refusal_) {
    if (step_ == Step::kData) {
      const std::size_t n = std::min<std::uint64_t>(left_, bytes.size() - at);
      body.append(bytes.data() + at, n);
      at += n;
      left_ -= n;
      if (left_ == 0) step_ = Step::kDataCr;
    } else {
      take(bytes[at++]);
    }
  }
  return at;
}

void ChunkedDecoder::take(char c) {
  switch (step_) {
    case Step::kSize:
      return take_size(c);
    case Step::kSizeLf:
      return c == '\n' ? end_size_line() : refuse(kLineFault);
    case Step::kDataCr:
      if (c != '\r') return refuse(c == '\n' ? kLineFault : kLengthFault);
      step_ = Step::kDataLf;
      return;
    case Step::kDataLf:
      if (c != '\n') return refuse(kLineFault);
      step_ = Step::kSize;
      digits_ = 0;
      return;
    case Step::kTrailer:
    case Step::kTrailerName:
    case Step::kTrailerValue:
    case Step::kTrailerLf:
      return take_trailer(c);
    case Step::kLastLf:
      if (c != '\n') return refuse(kLineFault);
      step_ = Step::kDone;
      return;
    case Step::kData:
    case Step::kDone:
      return;
    default:
      return take_extension(c);
  }
}

void ChunkedDecoder::take_size(char c) {
  const int digit = hex_digit(c);
  if (digit >= 0 && digits_ < kMostDigits) {
    left_ = (digits_ == 0 ? 0 : left_ << 4) | static_cast<std::uint64_t>(digit);
    ++digits_;
  } else if (digits_ == 0) {
    refuse(kSizeFault);
  } else if (c == '\r') {
    step_ = Step::kSizeLf;
  } else if (c == ';') {
    step_ = Step::kExtension;
  } else if (is_blank(c)) {
    step_ = Step::kSizeBlank;
  } else {
    refuse(c == '\n' ? kLineFault : kSizeFault);
  }
}

bool ChunkedDecoder::ends_extension(char c) {
  if (c == ';') {
    step_ = Step::kExtension;
  } else if (c == '\r') {
    step_ = Step::kSizeLf;
  }
  return c == ';' || c == '\r';
}

void ChunkedDecoder::take_extension(char c) {
  if (++extension_bytes_ > limits_.header_bytes) {
    return refuse(absl::StrFormat("body: chunk extensions of more than %d bytes in sum",
                                  limits_.header_bytes));
  }
  switch (step_) {
    case Step::kSizeBlank:
      if (is_blank(c)) return;
      if (c != ';') break;
      step_ = Step::kExtension;
      return;
    case Step::kExtension:
      if (is_blank(c)) return;
      if (!is_token_char(c)) break;
      step_ = Step::kExtensionName;
      return;
    case Step::kExtensionName:
      if (is_token_char(c) || ends_extension(c)) return;
      [[fallthrough]];
    case Step::kExtensionNameBlank:
      if (is_blank(c)) {
        step_ = Step::kExtensionNameBlank;
      } else if (c == '=') {
        step_ = Step::kExtensionValue;
      } else if (c == ';') {
        step_ = Step::kExtension;
      } else {
        break;
      }
      return;
    case Step::kExtensionValue:
      if (is_blank(c)) return;
      if (c != '"' && !is_token_char(c)) break;
      step_ = c == '"' ? Step::kExtensionQuoted : Step::kExtensionToken;
      return;
    case Step::kExtensionToken:
      if (is_token_char(c)) return;
      [[fallthrough]];
    case Step::kExtensionEnd:
      if (ends_extension(c)) return;
      [[fallthrough]];
    case Step::kExtensionBlank:
      if (is_blank(c)) {
        step_ = Step::kExtensionBlank;
      } else if (c == ';') {
        step_ = Step::kExtension;
      } else {
        break;
      }
      return;
    case Step::kExtensionQuoted:
      if (!is_field_char(c)) break;
      if (c == '"') step_ = Step::kExtensionEnd;
      if (c == '\\') step_ = Step::kExtensionEscaped;
      return;
    case Step::kExtensionEscaped:
      if (!is_field_char(c)) break;
      step_ = Step::kExtensionQuoted;
      return;
    default:
      break;
  }
  refuse(kExtensionFault);
}

void ChunkedDecoder::end_size_line() {
  if (left_ == 0) {
    step_ = Step::kTrailer;
  } else if (left_ > body_limit_ - total_) {
    refusal_ = payload_too_large(
        absl::StrFormat("body: more than the %d bytes accepted here", body_limit_));
  } else {
    total_ += left_;
    step_ = Step::kData;
  }
}

void ChunkedDecoder::take_trailer(char c) {
  if (++trailer_bytes_ > limits_.header_bytes) {
    refusal_ = headers_too_large(
        absl::StrFormat("trailers: more than the %d bytes accepted", limits_.header_bytes));
    return;
  }
  switch (step_) {
    case Step::kTrailer:
      if (c == '\r') {
        step_ = Step::kLastLf;
        return;
      }
      if (!is_token_char(c)) break;
      if (++trailers_ > limits_.header_count) {
        refusal_ =
            headers_too_large(absl::StrFormat("trailers: more than %d", limits_.header_count));
        return;
      }
      name_length_ = 0;
      step_ = Step::kTrailerName;
      [[fallthrough]];
    case Step::kTrailerName:
      if (c == ':') return end_trailer_name();
      if (!is_token_char(c)) break;
      if (name_length_ < name_.size()) name_[name_length_++] = c;
      return;
    case Step::kTrailerValue:
      if (is_field_char(c)) return;
      if (c != '\r') return refuse("trailers: a value has a control character");
      step_ = Step::kTrailerLf;
      return;
    default:
      if (c != '\n') return refuse(kLineFault);
      step_ = Step::kTrailer;
      return;
  }
  refuse("trailers: a name must be a token followed by a colon");
}

// RFC 9110, 6.5.1: what says where a message ends, or which host it is for, has to stand before it.
void ChunkedDecoder::end_trailer_name() {
  const std::string_view name(name_.data(), name_length_);
  if (MessageFraming::is_framing_header(name)) {
    return refuse(absl::StrFormat("trailers: %s is not allowed after a body", name));
  }
  step_ = Step::kTrailerValue;
}

}  // namespace composable::host
