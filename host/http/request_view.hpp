// A RequestView is one request as views into the connection's read buffer; routes see it as
// composable_request.
//
// It keeps offsets and resolves them at each use, since the buffer may move until a request is
// complete, even after its head was read. Views returned before then are valid until the next
// read. Once a request is complete, the buffer and all views stay valid until the answer has
// ended. Each connection has one, reused for each request. One thread at a time.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "composable/abi/routes.h"
#include "domain/route_pattern.hpp"
#include "http/method.hpp"
#include "runtime/refusal.hpp"

namespace composable::host {

bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII

// Calls `visit` with each element of a comma-separated header value, without blanks around it.
template <typename Visit>
void for_each_element(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    while (!element.empty() && (element.front() == ' ' || element.front() == '\t'))
      element.remove_prefix(1);
    while (!element.empty() && (element.back() == ' ' || element.back() == '\t'))
      element.remove_suffix(1);
    if (!element.empty()) visit(element);
    if (comma == list.npos) return;
    list.remove_prefix(comma + 1);
  }
}

enum class BodyKind : std::uint8_t {
  kNone,  // or a length of 0
  kOfKnownLength,
  kChunked,  // may turn out to be empty
};

class RequestView {
 public:
  static constexpr std::size_t kMaxParams = kMaxRouteParameters;

  // A piece of the buffer, counted from the request's first byte.
  struct Slice {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
  };
  struct Header {
    std::string_view name, value;
  };

  RequestView();
  RequestView(const RequestView&) = delete;
  RequestView& operator=(const RequestView&) = delete;

  // The parser's side, in this order.
  void reset();
  void set_request_line(Method method, Slice method_text, Slice target, bool http_1_1);
  void add_header(Slice name, char first_letter, Slice value) {
    headers_.push_back({name, value});
    names_ |= name_bit(name.length, first_letter);
  }
  // `first_byte` points to the first byte of the request; the owner of the bytes updates it when
  // they move. It outlives this view or the next reset().
  void follow(const char* const& first_byte) { first_byte_ = &first_byte; }
  void follow(const char* const&&) = delete;
  // Splits the target, checks its escapes and every host it names. Afterwards path(), query_text()
  // and host() are valid.
  std::optional<Refusal> read_target();
  void set_keep_alive(bool keep) { keep_alive_ = keep; }
  void set_http_1_1(bool is_1_1) { http_1_1_ = is_1_1; }
  void set_body_kind(BodyKind kind) { body_kind_ = kind; }
  void set_body(std::string_view body) { body_ = body; }

  // The router's side: what the pattern's parameters stand for, still percent-encoded.
  void set_params(absl::Span<const std::string> names, absl::Span<const std::string_view> values);

  Method method() const { return method_; }
  std::string_view method_text() const { return text(method_text_); }
  std::string_view target() const { return text(target_); }
  // Percent-encoded, except characters that need no escape (RFC 3986, 6.2.2.2).
  std::string_view path() const {
    if (!plain_path_.empty()) return plain_path_;
    return no_path_ ? "/" : text(path_);
  }
  std::string_view query_text() const { return text(query_); }
  // The host that the request is for, with its port: of an absolute-form target, else of the Host
  // header; empty when neither is there.
  std::string_view host() const {
    return authority_.length != 0 ? text(authority_) : header("host").value_or(std::string_view{});
  }
  bool http_1_1() const { return http_1_1_; }
  bool keep_alive() const { return keep_alive_; }
  BodyKind body_kind() const { return body_kind_; }
  std::string_view body() const { return body_; }

  std::size_t header_count() const { return headers_.size(); }
  Header header_at(std::size_t i) const {
    return {text(headers_[i].name), text(headers_[i].value)};
  }
  // The first of that name, in any case; nullopt when there is none.
  std::optional<std::string_view> header(std::string_view name) const;
  std::size_t header_lines(std::string_view name) const;
  // Whether a line of that name has `token` among its comma-separated elements.
  bool header_has_token(std::string_view name, std::string_view token) const;

  // Decoded; nullopt when absent.
  std::optional<std::string_view> param(std::string_view name) const;
  std::optional<std::string_view> query(std::string_view key) const;

  // The complete request for a route; valid until reset().
  const composable_request& abi();

 private:
  struct HeaderSlices {
    Slice name, value;
  };
  struct Param {
    std::string_view name, value;
  };

  // By length and first letter, in either case: one of 64.
  static std::uint64_t name_bit(std::size_t length, char first_letter) {
    return std::uint64_t{1} << ((length + 7 * static_cast<unsigned char>(first_letter | 0x20)) &
                                63);
  }
  std::string_view text(Slice s) const {
    return s.length == 0 ? std::string_view() : std::string_view(*first_byte_ + s.offset, s.length);
  }
  Slice slice(std::string_view part) const {
    return {static_cast<std::uint32_t>(part.data() - *first_byte_),
            static_cast<std::uint32_t>(part.size())};
  }
  std::optional<Refusal> split_target();
  std::optional<Refusal> check_hosts() const;
  std::optional<Refusal> check_escapes();
  void decode_query() const;

  const char* const* first_byte_ = nullptr;
  Method method_ = Method::kUnknown;
  BodyKind body_kind_ = BodyKind::kNone;
  bool http_1_1_ = false, keep_alive_ = false;
  bool no_path_ = false;  // of an absolute-form target: stands for /
  Slice method_text_, target_, path_, query_, authority_;
  std::string_view body_;
  std::vector<HeaderSlices> headers_;
  std::uint64_t names_ = 0;  // the bits of all names: most headers that are asked for are not there
  std::size_t n_params_ = 0;
  std::array<Param, kMaxParams> params_;
  std::string plain_path_;  // empty: path_ has no escape that it needs not
  // Decoded text. Each is sized before it is pointed into and does not move until reset().
  std::string param_text_;
  mutable std::string query_decoded_;
  mutable bool query_is_decoded_ = false;
  mutable std::vector<Param> queries_;
  composable_request abi_{};
};

}  // namespace composable::host
