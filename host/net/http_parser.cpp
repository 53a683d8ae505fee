#include "net/http_parser.hpp"

#include <limits>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

namespace beast_http = boost::beast::http;

// A chunked body that made its buffer larger than this gives the memory back.
constexpr std::size_t kKeptCapacity = 64 * 1024;

Method method_of(beast_http::verb verb) {
  switch (verb) {
    case beast_http::verb::get:
      return Method::kGet;
    case beast_http::verb::post:
      return Method::kPost;
    case beast_http::verb::put:
      return Method::kPut;
    case beast_http::verb::patch:
      return Method::kPatch;
    case beast_http::verb::delete_:
      return Method::kDelete;
    case beast_http::verb::head:
      return Method::kHead;
    case beast_http::verb::options:
      return Method::kOptions;
    case beast_http::verb::unknown:
      return Method::kUnknown;
    default:
      return Method::kOther;
  }
}

std::string_view as_std(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

void HttpParser::Sink::on_request_impl(beast_http::verb verb, Text method, Text target, int version,
                                       ErrorCode& ec) {
  owner_.take_request_line(verb, method, target, version, ec);
}

void HttpParser::Sink::on_field_impl(beast_http::field field, Text name, Text value,
                                     ErrorCode& ec) {
  owner_.take_field(field, name, value, ec);
}

std::size_t HttpParser::Sink::on_body_impl(Text piece, ErrorCode&) { return piece.size(); }

std::size_t HttpParser::Sink::on_chunk_body_impl(std::uint64_t, Text piece, ErrorCode&) {
  owner_.chunked_body_.append(piece.data(), piece.size());
  return piece.size();
}

void HttpParser::begin(RequestView& request, const ReadBuffer& buffer) {
  request_ = &request;
  request.follow(buffer.front());
  sink_.emplace(*this);
  sink_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
  sink_->body_limit(boost::none);
  state_ = State::kHead;
  parsed_ = head_bytes_ = body_limit_ = hosts_ = 0;
  has_request_line_ = chunked_ = false;
  fault_.reset();
  drop_body();
}

void HttpParser::drop_body() {
  chunked_body_.clear();
  if (chunked_body_.capacity() > kKeptCapacity) std::string().swap(chunked_body_);
}

std::size_t HttpParser::announced_body() const {
  return chunked_ ? 0 : sink_->content_length().value_or(0);
}

RequestView::Slice HttpParser::slice(Text text) const {
  return {static_cast<std::uint32_t>(text.data() - bytes_.data()),
          static_cast<std::uint32_t>(text.size())};
}

void HttpParser::take_request_line(beast_http::verb verb, Text method, Text target, int version,
                                   ErrorCode& ec) {
  has_request_line_ = true;
  request_->set_request_line(method_of(verb), slice(method), slice(target), version >= 11);
  if (target.size() > limits_.target_bytes) {
    fault_ = uri_too_long(absl::StrFormat("request target: %d bytes; at most %d are accepted",
                                          target.size(), limits_.target_bytes));
    ec = beast_http::error::bad_target;
  }
}

void HttpParser::take_field(beast_http::field field, Text name, Text value, ErrorCode& ec) {
  if (state_ != State::kHead) return;  // a trailer is no header
  const char* const end = bytes_.data() + bytes_.size();
  if (!value.empty() && (value.data() < bytes_.data() || value.data() >= end)) {
    // Beast joins folded lines in memory of its own; RFC 9112, 5.2 lets us refuse them.
    fault_ = bad_request(
        absl::StrFormat("%s: the header is folded over lines; send it on one", as_std(name)));
  } else if (field == beast_http::field::transfer_encoding &&
             !equals_ignoring_case(as_std(value), "chunked")) {
    fault_ = not_implemented(
        absl::StrFormat("Transfer-Encoding: \"%s\" is not known here; send chunked or "
                        "a Content-Length",
                        as_std(value)));
  } else if (field == beast_http::field::transfer_encoding && !request_->http_1_1()) {
    fault_ = bad_request("Transfer-Encoding: HTTP/1.0 has none; send Content-Length");
  } else if (request_->header_count() >= limits_.header_count) {
    fault_ = headers_too_large(absl::StrFormat("headers: more than %d", limits_.header_count));
  }
  if (fault_) {
    ec = beast_http::error::bad_value;
    return;
  }
  if (field == beast_http::field::host) ++hosts_;
  request_->add_header(slice(name), name.front(),
                       value.empty() ? RequestView::Slice{} : slice(value));
}

Refusal HttpParser::describe(ErrorCode ec) const {
  using beast_http::error;
  if (ec == error::body_limit) {
    return payload_too_large(
        absl::StrFormat("body: more than the %d bytes accepted here", body_limit_));
  }
  if (ec == error::header_limit) {
    const bool long_target = !has_request_line_;
    return long_target
               ? uri_too_long(absl::StrFormat("request target: more than the %d bytes accepted",
                                              limits_.target_bytes))
               : headers_too_large(absl::StrFormat("headers: more than the %d bytes accepted",
                                                   limits_.header_bytes));
  }
  if (ec == error::bad_method) return bad_request("request line: the method is no token");
  if (ec == error::bad_target) {
    return bad_request("request line: the target has a character no URI has");
  }
  if (ec == error::bad_version) {
    return bad_request("request line: HTTP/1.1 or HTTP/1.0 must end it");
  }
  if (ec == error::bad_content_length) {
    return bad_request(
        "Content-Length: it must be one number, and stand without Transfer-Encoding");
  }
  if (ec == error::multiple_content_length) {
    return bad_request("Content-Length: two different values");
  }
  if (ec == error::bad_transfer_encoding) {
    return bad_request("Transfer-Encoding: it must stand once, and without Content-Length");
  }
  if (ec == error::bad_chunk || ec == error::bad_chunk_extension) {
    return bad_request("body: a chunk is malformed");
  }
  if (ec == error::bad_line_ending) return bad_request("headers: a line does not end in CR LF");
  if (ec == error::bad_field) return bad_request("headers: a name is no token followed by a colon");
  if (ec == error::bad_value) return bad_request("headers: a value has a control character");
  return bad_request("request: malformed");
}

std::optional<Refusal> HttpParser::parse(ReadBuffer& buffer) {
  bytes_ = buffer.data();
  auto refusal = state_ == State::kHead ? parse_head(buffer) : parse_body(buffer);
  bytes_ = {};
  return refusal;
}

std::optional<Refusal> HttpParser::parse_head(ReadBuffer& buffer) {
  boost::beast::error_code error;
  const std::string_view rest = bytes_.substr(parsed_);
  parsed_ += sink_->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
  if (fault_) return std::move(fault_);
  if (error == beast_http::error::need_more) {
    if (buffer.size() < limits_.header_bytes) return std::nullopt;
    return describe(beast_http::error::header_limit);
  }
  if (error) return describe(error);
  if (parsed_ > limits_.header_bytes) return describe(beast_http::error::header_limit);
  return finish_head();
}

std::optional<Refusal> HttpParser::finish_head() {
  head_bytes_ = parsed_;
  chunked_ = sink_->chunked();
  state_ = sink_->is_done() ? State::kComplete : State::kBody;
  request_->set_keep_alive(sink_->keep_alive());
  request_->set_body_expected(state_ == State::kBody);
  if (hosts_ > 1) return bad_request("Host: more than one");
  if (hosts_ == 0 && request_->http_1_1()) {
    return bad_request("Host: missing; HTTP/1.1 needs it");
  }
  return std::nullopt;
}

std::optional<Refusal> HttpParser::limit_body(std::size_t bytes) {
  body_limit_ = bytes;
  if (chunked_) {
    sink_->body_limit(bytes);
  } else if (sink_->content_length().value_or(0) > bytes) {
    return describe(beast_http::error::body_limit);
  }
  return std::nullopt;
}

std::optional<Refusal> HttpParser::parse_body(ReadBuffer& buffer) {
  boost::beast::error_code error;
  while (!sink_->is_done()) {
    const std::string_view rest = bytes_.substr(parsed_);
    const std::size_t n =
        rest.empty() ? 0 : sink_->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    parsed_ += n;
    if (error == beast_http::error::need_more) error = {};
    if (error) return describe(error);
    if (n == 0) break;
  }
  if (chunked_) {
    // The decoded body is elsewhere; what carried it need not be kept.
    buffer.erase(head_bytes_, parsed_ - head_bytes_);
    parsed_ = head_bytes_;
  }
  if (sink_->is_done()) {
    state_ = State::kComplete;
  } else if (chunked_ && buffer.size() - parsed_ >= limits_.header_bytes) {
    return bad_request("body: a chunk's header or the trailer is too long");
  }
  return std::nullopt;
}

std::string_view HttpParser::body(const ReadBuffer& buffer) const {
  if (chunked_) return chunked_body_;
  return buffer.data().substr(head_bytes_, parsed_ - head_bytes_);
}

}  // namespace composable::host
