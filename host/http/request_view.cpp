#include "http/request_view.hpp"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_format.h"
#include "http/authority.hpp"
#include "http/percent_encoding.hpp"
#include "runtime/utf8.hpp"

namespace composable::host {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view text_of(composable_str s) { return {s.ptr == nullptr ? "" : s.ptr, s.len}; }

// Absent is a null pointer; an empty value is not.
composable_str found(std::optional<std::string_view> value) {
  if (!value) return {nullptr, 0};
  return {value->data() == nullptr ? "" : value->data(), value->size()};
}

const RequestView& self(const composable_request* request) {
  return *static_cast<const RequestView*>(request->impl);
}

composable_str param_of(const composable_request* request, composable_str name) {
  return found(self(request).param(text_of(name)));
}

composable_str query_of(const composable_request* request, composable_str name) {
  return found(self(request).query(text_of(name)));
}

// A value that is not UTF-8 is no text, so it is not there for a route.
composable_str header_of(const composable_request* request, composable_str name) {
  const auto value = self(request).header(text_of(name));
  if (value && !is_utf8(*value)) return {nullptr, 0};
  return found(value);
}

bool is_ascii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080u;
  std::uint64_t seen = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, text.data() + at, 8);
    seen |= eight;
  }
  for (; at < text.size(); ++at) seen |= static_cast<unsigned char>(text[at]);
  return (seen & kHighBits) == 0;
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

RequestView::RequestView() {
  abi_.struct_size = sizeof abi_;
  abi_.impl = this;
  abi_.param = param_of;
  abi_.query = query_of;
  abi_.header = header_of;
}

void RequestView::reset() {
  first_byte_ = nullptr;
  method_ = Method::kUnknown;
  body_kind_ = BodyKind::kNone;
  http_1_1_ = keep_alive_ = no_path_ = query_is_decoded_ = false;
  plain_path_.clear();
  method_text_ = target_ = path_ = query_ = authority_ = {};
  body_ = {};
  headers_.clear();
  names_ = 0;
  n_params_ = 0;
}

void RequestView::set_request_line(Method method, Slice method_text, Slice target, bool http_1_1) {
  method_ = method;
  method_text_ = method_text;
  target_ = target;
  http_1_1_ = http_1_1;
}

std::optional<Refusal> RequestView::read_target() {
  if (auto refusal = split_target()) return refusal;
  if (auto refusal = check_hosts()) return refusal;
  return check_escapes();
}

std::optional<Refusal> RequestView::split_target() {
  std::string_view rest = target();
  if (rest.empty()) return bad_request("request target: empty; it must begin with /");
  if (rest.front() != '/') {
    if (rest == "*" && method_ == Method::kOptions) {
      path_ = slice(rest);
      return std::nullopt;
    }
    const std::size_t scheme = rest.find("://");
    const std::string_view name = scheme == rest.npos ? std::string_view{} : rest.substr(0, scheme);
    if (!equals_ignoring_case(name, "http") && !equals_ignoring_case(name, "https")) {
      return bad_request("request target: it must begin with /, http:// or https://");
    }
    rest.remove_prefix(scheme + 3);
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    authority_ = slice(rest.substr(0, end));
    rest.remove_prefix(end);
    if (authority_.length == 0) return bad_request("request target: it names no host");
  }
  const std::size_t mark = rest.find('?');
  path_ = slice(rest.substr(0, mark));
  no_path_ = path_.length == 0;
  if (mark != rest.npos) query_ = slice(rest.substr(mark + 1));
  return std::nullopt;
}

std::optional<Refusal> RequestView::check_escapes() {
  const std::string_view rest = target();
  if (rest.find('%') == rest.npos && is_ascii(rest)) return std::nullopt;

  query_decoded_.clear();
  if (!percent_decode(rest, PlusSign::kLiteral, query_decoded_)) {
    return bad_request("request target: a % is not followed by two hex digits; write it as %25");
  }
  if (!is_utf8(query_decoded_)) {
    return bad_request("request target: its escapes do not decode to UTF-8");
  }
  if (query_decoded_.find('\0') != query_decoded_.npos) {
    return bad_request("request target: it holds a NUL character");
  }
  decode_unreserved(path(), plain_path_);
  return std::nullopt;
}

// RFC 9112, 3.2: a Host that names no host is refused, whatever the request is for, and also where
// an absolute target stands in its place.
std::optional<Refusal> RequestView::check_hosts() const {
  const auto refused = [](std::string_view where, std::string_view named) {
    return bad_request(absl::StrFormat(
        "%s: \"%s\" names no host; write it as name, name:port or [IPv6]:port", where, named));
  };
  if (authority_.length != 0 && !Authority::parse(text(authority_))) {
    return refused("request target", text(authority_));
  }
  const auto host = header("host");
  const bool may_be_empty = !http_1_1_;
  if (host && !(host->empty() && may_be_empty) && !Authority::parse(*host)) {
    return refused("Host", *host);
  }
  return std::nullopt;
}

std::optional<std::string_view> RequestView::header(std::string_view name) const {
  if (name.empty() || (names_ & name_bit(name.size(), name.front())) == 0) return std::nullopt;
  for (const HeaderSlices& h : headers_) {
    if (h.name.length == name.size() && equals_ignoring_case(text(h.name), name)) {
      return text(h.value);
    }
  }
  return std::nullopt;
}

std::size_t RequestView::header_lines(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      headers_.begin(), headers_.end(),
      [&](const HeaderSlices& h) { return equals_ignoring_case(text(h.name), name); }));
}

bool RequestView::header_has_token(std::string_view name, std::string_view token) const {
  bool has = false;
  for (const HeaderSlices& h : headers_) {
    if (!equals_ignoring_case(text(h.name), name)) continue;
    for_each_element(text(h.value), [&](std::string_view element) {
      has = has || equals_ignoring_case(element, token);
    });
  }
  return has;
}

void RequestView::set_params(absl::Span<const std::string> names,
                             absl::Span<const std::string_view> values) {
  n_params_ = names.size();
  param_text_.clear();
  param_text_.reserve(path_.length);
  for (std::size_t i = 0; i < n_params_; ++i) {
    const std::size_t begin = param_text_.size();
    percent_decode(values[i], PlusSign::kLiteral, param_text_);
    params_[i] = {names[i], std::string_view(param_text_).substr(begin)};
  }
}

std::optional<std::string_view> RequestView::param(std::string_view name) const {
  for (std::size_t i = 0; i < n_params_; ++i) {
    if (params_[i].name == name) return params_[i].value;
  }
  return std::nullopt;
}

void RequestView::decode_query() const {
  query_is_decoded_ = true;
  queries_.clear();
  query_decoded_.clear();
  query_decoded_.reserve(query_.length);
  const auto decoded = [this](std::string_view part) {
    const std::size_t begin = query_decoded_.size();
    percent_decode(part, PlusSign::kSpace, query_decoded_);
    return std::string_view(query_decoded_).substr(begin);
  };
  std::string_view rest = query_text();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equal = std::min(pair.find('='), pair.size());
    if (!pair.empty()) {
      const std::string_view key = decoded(pair.substr(0, equal));
      queries_.push_back({key, decoded(pair.substr(std::min(equal + 1, pair.size())))});
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

std::optional<std::string_view> RequestView::query(std::string_view key) const {
  if (!query_is_decoded_) decode_query();
  for (const Param& q : queries_) {
    if (q.name == key) return q.value;
  }
  return std::nullopt;
}

const composable_request& RequestView::abi() {
  const Method shown = method_ == Method::kHead ? Method::kGet : method_;
  abi_.method = static_cast<std::uint32_t>(shown);
  abi_.path = {path().data(), path().size()};
  abi_.body = {reinterpret_cast<const std::uint8_t*>(body_.data()), body_.size()};
  abi_.actor = {nullptr, 0};  // nobody is known yet
  return abi_;
}

}  // namespace composable::host
