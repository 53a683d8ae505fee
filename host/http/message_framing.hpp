// A MessageFraming reads the headers that decide where a request ends and what becomes of the
// connection: Host, Content-Length, Transfer-Encoding and Connection (RFC 9112, 6 and 9). Where
// two readers of one request could find different ends, the request is refused. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "runtime/refusal.hpp"

namespace composable::host {

class MessageFraming {
 public:
  void begin(bool http_1_1);
  // Each header in turn. A refusal ends the connection's framing.
  std::optional<Refusal> add(std::string_view name, std::string_view value) {
    // Most headers are none of these: their lengths say so.
    switch (name.size()) {
      case 4:
      case 10:
      case 14:
      case 17:
        return add_known(name, value);
      default:
        return std::nullopt;
    }
  }
  // Once all headers are there.
  std::optional<Refusal> finish() const;

  bool is_chunked() const { return is_chunked_; }
  // Of a body that is not chunked; a length too large for 64 bits is the largest number.
  std::uint64_t length() const { return length_.value_or(0); }
  // RFC 9112, 9.3: close wins over keep-alive.
  bool keeps_alive() const { return !says_close_ && (is_1_1_ || says_keep_alive_); }

  // Whether a message of HTTP could never have a header of that name behind its body.
  static bool is_framing_header(std::string_view name);

 private:
  std::optional<Refusal> add_known(std::string_view name, std::string_view value);
  std::optional<Refusal> add_length(std::string_view value);
  std::optional<Refusal> add_coding(std::string_view value);
  void add_options(std::string_view value);

  bool is_1_1_ = true, is_chunked_ = false;
  bool says_close_ = false, says_keep_alive_ = false;
  bool has_host_ = false;
  std::optional<std::uint64_t> length_;
};

}  // namespace composable::host
