#include "http/http_parser.hpp"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "http/characters.hpp"

namespace composable::host {
namespace {

// A chunked body that made its buffer larger than this gives the memory back.
constexpr std::size_t kKeptCapacity = 64 * 1024;
// Longer than that of any method that is registered.
constexpr std::size_t kMaxMethod = 32;

constexpr std::string_view kVersion = "HTTP/";  // then a digit, a dot and a digit
constexpr std::size_t kMajor = kVersion.size(), kDot = kMajor + 1, kMinor = kDot + 1;
constexpr std::size_t kVersionCr = kMinor + 1, kVersionLf = kVersionCr + 1;

constexpr std::string_view kVersionFault = "request line: it must end in HTTP/1.1 or HTTP/1.0";
constexpr std::string_view kRequestLineFault = "request line: it does not end in CR LF";
constexpr std::string_view kLineFault = "headers: a line does not end in CR LF";

bool is_version_byte(std::size_t at, char c) {
  if (at < kMajor) return c == kVersion[at];
  if (at == kDot) return c == '.';
  if (at == kVersionCr) return c == '\r';
  if (at == kVersionLf) return c == '\n';
  return is_digit(c);
}

}  // namespace

// A CR alone may become an empty line, or a fault; so nothing has begun.
bool HttpParser::skip_empty_lines(ReadBuffer& buffer) {
  while (buffer.data().starts_with("\r\n")) buffer.consume(2);
  return buffer.size() > 1 || (buffer.size() == 1 && buffer.data().front() != '\r');
}

void HttpParser::begin(RequestView& request, const ReadBuffer& buffer) {
  request_ = &request;
  request.follow(buffer.front());
  state_ = State::kHead;
  step_ = Step::kMethod;
  parsed_ = head_bytes_ = begin_ = 0;
  drop_body();
}

void HttpParser::drop_body() {
  chunked_body_.clear();
  if (chunked_body_.capacity() > kKeptCapacity) std::string().swap(chunked_body_);
}

std::optional<Refusal> HttpParser::parse(ReadBuffer& buffer) {
  return state_ == State::kHead ? parse_head(buffer.data()) : parse_body(buffer);
}

std::optional<Refusal> HttpParser::parse_head(std::string_view bytes) {
  const bool fills_limit = bytes.size() >= limits_.header_bytes;
  bytes = bytes.substr(0, limits_.header_bytes);
  while (parsed_ < bytes.size() && step_ != Step::kDone) {
    if (auto refusal = step(bytes)) return refusal;
  }
  if (step_ == Step::kDone) return finish_head();
  if (fills_limit) return head_too_large();
  return std::nullopt;
}

Refusal HttpParser::head_too_large() const {
  if (step_ == Step::kTarget) {
    return uri_too_long(
        absl::StrFormat("request target: more than the %d bytes accepted", limits_.target_bytes));
  }
  return headers_too_large(
      absl::StrFormat("headers: more than the %d bytes accepted", limits_.header_bytes));
}

std::optional<Refusal> HttpParser::step(std::string_view bytes) {
  switch (step_) {
    case Step::kMethod:
      return take_method(bytes);
    case Step::kTarget:
      return take_target(bytes);
    case Step::kVersion:
      return take_version(bytes);
    case Step::kLine:
      return take_line(bytes);
    case Step::kName:
      return take_name(bytes);
    case Step::kBlanks:
    case Step::kValue:
      return take_value(bytes);
    case Step::kLineLf:
      if (bytes[parsed_] != '\n') return bad_request(std::string(kLineFault));
      ++parsed_;
      return end_header(bytes);
    case Step::kLastLf:
      if (bytes[parsed_] != '\n') return bad_request(std::string(kLineFault));
      ++parsed_;
      step_ = Step::kDone;
      return std::nullopt;
    case Step::kDone:
      break;
  }
  return std::nullopt;
}

std::optional<Refusal> HttpParser::take_method(std::string_view bytes) {
  const std::size_t most = std::min(bytes.size(), kMaxMethod);
  while (parsed_ < most && is_token_char(bytes[parsed_])) ++parsed_;
  if (parsed_ == bytes.size()) return std::nullopt;
  if (is_token_char(bytes[parsed_])) {
    return not_implemented(
        absl::StrFormat("request line: unknown method, longer than %d characters", kMaxMethod));
  }
  if (bytes[parsed_] != ' ' || parsed_ == 0) {
    return bad_request("request line: invalid method");
  }
  method_end_ = parsed_;
  begin_ = ++parsed_;
  step_ = Step::kTarget;
  return std::nullopt;
}

std::optional<Refusal> HttpParser::take_target(std::string_view bytes) {
  const std::size_t most = std::min(bytes.size(), begin_ + limits_.target_bytes);
  parsed_ = static_cast<std::size_t>(
      skip_target_chars(bytes.data() + parsed_, bytes.data() + most) - bytes.data());
  if (parsed_ == bytes.size()) return std::nullopt;
  if (is_target_char(bytes[parsed_])) return head_too_large();
  if (bytes[parsed_] == '\r') return bad_request(std::string(kVersionFault));
  if (bytes[parsed_] != ' ' || parsed_ == begin_) {
    return bad_request("request line: invalid character in the target");
  }
  const RequestView::Slice method = slice(0, method_end_), target = slice(begin_, parsed_);
  request_->set_request_line(method_of(bytes.substr(0, method_end_)), method, target, true);
  begin_ = ++parsed_;
  step_ = Step::kVersion;
  return std::nullopt;
}

// RFC 9110, 2.5: a minor version that is not known is read as the highest that is.
std::optional<Refusal> HttpParser::take_version(std::string_view bytes) {
  for (; parsed_ < bytes.size() && parsed_ - begin_ <= kVersionLf; ++parsed_) {
    const std::size_t at = parsed_ - begin_;
    if (is_version_byte(at, bytes[parsed_])) continue;
    return bad_request(std::string(at < kVersionCr ? kVersionFault : kRequestLineFault));
  }
  if (parsed_ - begin_ <= kVersionLf) return std::nullopt;
  if (bytes[begin_ + kMajor] != '1') {
    return http_version_not_supported(absl::StrFormat(
        "request line: %s is not supported; use HTTP/1.1", bytes.substr(begin_, kVersionCr)));
  }
  const bool is_1_1 = bytes[begin_ + kMinor] != '0';
  request_->set_http_1_1(is_1_1);
  framing_.begin(is_1_1);
  step_ = Step::kLine;
  return std::nullopt;
}

std::optional<Refusal> HttpParser::take_line(std::string_view bytes) {
  const char c = bytes[parsed_];
  if (c == '\r') {
    step_ = Step::kLastLf;
    ++parsed_;
    return std::nullopt;
  }
  if (is_blank(c) && request_->header_count() != 0) {
    return bad_request(absl::StrFormat("%s: the header is folded; send it on one line",
                                       request_->header_at(request_->header_count() - 1).name));
  }
  if (!is_token_char(c)) return take_name(bytes);
  if (request_->header_count() >= limits_.header_count) {
    return headers_too_large(absl::StrFormat("headers: more than %d", limits_.header_count));
  }
  name_begin_ = parsed_;
  step_ = Step::kName;
  return std::nullopt;
}

std::optional<Refusal> HttpParser::take_name(std::string_view bytes) {
  while (parsed_ < bytes.size() && is_token_char(bytes[parsed_])) ++parsed_;
  if (parsed_ == bytes.size()) return std::nullopt;
  if (bytes[parsed_] == '\n') return bad_request(std::string(kLineFault));
  if (bytes[parsed_] != ':' || step_ != Step::kName) {
    return bad_request("headers: a name must be a token followed by a colon");
  }
  name_end_ = parsed_++;
  step_ = Step::kBlanks;
  return std::nullopt;
}

std::optional<Refusal> HttpParser::take_value(std::string_view bytes) {
  if (step_ == Step::kBlanks) {
    while (parsed_ < bytes.size() && is_blank(bytes[parsed_])) ++parsed_;
    if (parsed_ == bytes.size()) return std::nullopt;
    begin_ = parsed_;
    step_ = Step::kValue;
  }
  parsed_ = static_cast<std::size_t>(
      skip_field_chars(bytes.data() + parsed_, bytes.data() + bytes.size()) - bytes.data());
  if (parsed_ == bytes.size()) return std::nullopt;
  if (bytes[parsed_] != '\r') {
    if (bytes[parsed_] == '\n') return bad_request(std::string(kLineFault));
    return bad_request(absl::StrFormat("%s: the value has a control character",
                                       bytes.substr(name_begin_, name_end_ - name_begin_)));
  }
  value_end_ = parsed_++;
  step_ = Step::kLineLf;
  return std::nullopt;
}

std::optional<Refusal> HttpParser::end_header(std::string_view bytes) {
  step_ = Step::kLine;
  while (value_end_ > begin_ && is_blank(bytes[value_end_ - 1])) --value_end_;
  const std::string_view name = bytes.substr(name_begin_, name_end_ - name_begin_);
  request_->add_header(slice(name_begin_, name_end_), name.front(), slice(begin_, value_end_));
  return framing_.add(name, bytes.substr(begin_, value_end_ - begin_));
}

std::optional<Refusal> HttpParser::finish_head() {
  head_bytes_ = parsed_;
  const bool chunked = framing_.is_chunked();
  const bool has_body = chunked || framing_.length() != 0;
  state_ = has_body ? State::kBody : State::kComplete;
  if (chunked) chunks_.begin();
  request_->set_keep_alive(framing_.keeps_alive());
  request_->set_body_kind(chunked    ? BodyKind::kChunked
                          : has_body ? BodyKind::kOfKnownLength
                                     : BodyKind::kNone);
  return framing_.finish();
}

std::optional<Refusal> HttpParser::limit_body(std::size_t bytes) {
  chunks_.limit_body(bytes);
  if (framing_.length() <= bytes) return std::nullopt;
  return payload_too_large(absl::StrFormat("body: more than the %d bytes accepted here", bytes));
}

std::optional<Refusal> HttpParser::parse_body(ReadBuffer& buffer) {
  if (!framing_.is_chunked()) {
    const std::size_t end = head_bytes_ + framing_.length();
    parsed_ = std::min(buffer.size(), end);
    if (parsed_ == end) state_ = State::kComplete;
    return std::nullopt;
  }
  const std::size_t n = chunks_.decode(buffer.data().substr(head_bytes_), chunked_body_);
  // The decoded body is elsewhere; what carried it need not be kept.
  buffer.erase(head_bytes_, n);
  if (chunks_.is_done()) state_ = State::kComplete;
  return chunks_.take_refusal();
}

std::string_view HttpParser::body(const ReadBuffer& buffer) const {
  if (framing_.is_chunked()) return chunked_body_;
  return buffer.data().substr(head_bytes_, parsed_ - head_bytes_);
}

}  // namespace composable::host
