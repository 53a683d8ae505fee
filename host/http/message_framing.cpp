#include "http/message_framing.hpp"

#include <algorithm>
#include <limits>

#include "absl/strings/str_format.h"
#include "http/characters.hpp"
#include "http/request_view.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kLengthFault =
    "Content-Length: must be one number, without Transfer-Encoding";
constexpr std::string_view kCodingFault =
    "Transfer-Encoding: must be given once, without Content-Length";

// Digits only; what is too large becomes the largest number.
std::optional<std::uint64_t> length_of(std::string_view text) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t length = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    length = length > (kMost - digit) / 10 ? kMost : length * 10 + digit;
  }
  if (text.empty()) return std::nullopt;
  return length;
}

}  // namespace

void MessageFraming::begin(bool http_1_1) {
  *this = MessageFraming();
  is_1_1_ = http_1_1;
}

bool MessageFraming::is_framing_header(std::string_view name) {
  static constexpr std::string_view kNames[] = {"host", "content-length", "transfer-encoding"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](auto framing) { return equals_ignoring_case(name, framing); });
}

std::optional<Refusal> MessageFraming::add_known(std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "connection")) {
    add_options(value);
  } else if (equals_ignoring_case(name, "content-length")) {
    return add_length(value);
  } else if (equals_ignoring_case(name, "transfer-encoding")) {
    return add_coding(value);
  } else if (equals_ignoring_case(name, "host")) {
    if (has_host_) return bad_request("Host: more than one");
    has_host_ = true;
  }
  return std::nullopt;
}

// One number, or the same one again: in a list or on lines of its own (RFC 9110, 8.6).
std::optional<Refusal> MessageFraming::add_length(std::string_view value) {
  if (is_chunked_) return bad_request(std::string(kLengthFault));
  for (;;) {
    const std::size_t comma = std::min(value.find(','), value.size());
    const auto length = length_of(without_blanks(value.substr(0, comma)));
    if (!length) return bad_request(std::string(kLengthFault));
    if (length_.value_or(*length) != *length) {
      return bad_request("Content-Length: two different values");
    }
    length_ = length;
    if (comma == value.size()) return std::nullopt;
    value.remove_prefix(comma + 1);
  }
}

// RFC 9112, 6.3: without chunked as the last coding the end of the body is unknown, which is 400; a
// coding before it that is unknown is 501.
std::optional<Refusal> MessageFraming::add_coding(std::string_view value) {
  if (!is_1_1_) {
    return bad_request("Transfer-Encoding: not supported in HTTP/1.0; send Content-Length");
  }
  if (is_chunked_ || length_) return bad_request(std::string(kCodingFault));
  if (equals_ignoring_case(value, "chunked")) {
    is_chunked_ = true;
    return std::nullopt;
  }
  std::size_t chunked = 0;
  std::string_view last;
  for_each_element(value, [&](std::string_view coding) {
    last = coding;
    if (equals_ignoring_case(coding, "chunked")) ++chunked;
  });
  const bool has_empty_end = value.starts_with(',') || value.ends_with(',');
  if (chunked == 1 && equals_ignoring_case(last, "chunked") && !has_empty_end) {
    return not_implemented(
        absl::StrFormat("Transfer-Encoding: \"%s\" is not supported; send chunked or a "
                        "Content-Length",
                        value));
  }
  return bad_request(absl::StrFormat(
      "Transfer-Encoding: \"%s\" does not end in chunked, once, so nothing says where the body "
      "ends; send chunked or a Content-Length",
      value));
}

// An option that is unknown, or no token at all, changes nothing; a parameter, which the grammar
// does not have and clients send (keep-alive; timeout=5), is left out.
void MessageFraming::add_options(std::string_view value) {
  for_each_element(value, [this](std::string_view option) {
    option = without_blanks(option.substr(0, option.find(';')));
    if (equals_ignoring_case(option, "close")) says_close_ = true;
    if (equals_ignoring_case(option, "keep-alive")) says_keep_alive_ = true;
  });
}

std::optional<Refusal> MessageFraming::finish() const {
  if (!has_host_ && is_1_1_) return bad_request("Host: missing; HTTP/1.1 needs it");
  return std::nullopt;
}

}  // namespace composable::host
