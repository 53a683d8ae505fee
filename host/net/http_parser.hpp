// Beast's parser, writing into a RequestView: no fields container, no copies but of a chunked
// body. One per connection. It stops once after the head, so that limits and routes can be looked
// at before a body is taken.
#pragma once
#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/http_options.hpp"
#include "http/request_view.hpp"
#include "net/read_buffer.hpp"
#include "runtime/refusal.hpp"

namespace composable::host {

class HttpParser {
 public:
  enum class State { kHead, kBody, kComplete };

  explicit HttpParser(const HttpLimits& limits) : limits_(limits) {}

  // The next request begins at the front of `buffer`, which `request` follows from now on and which
  // parse() is given again.
  void begin(RequestView& request, const ReadBuffer& buffer);
  // Reads on as far as the bytes reach, at most to the end of the head or of the body. A refusal
  // ends the connection's framing: nothing after it can be trusted.
  std::optional<Refusal> parse(ReadBuffer& buffer);
  // Once, in state kBody: 413 for a body announced larger.
  std::optional<Refusal> limit_body(std::size_t bytes);

  // Of a body that is not chunked; 0 otherwise.
  std::size_t announced_body() const;
  // The request is answered; body() is empty from now on.
  void drop_body();

  State state() const { return state_; }
  std::size_t parsed() const { return parsed_; }  // bytes of the buffer's front that are its
  bool body_begun(const ReadBuffer& buffer) const {
    return buffer.size() > head_bytes_ || !chunked_body_.empty();
  }
  std::string_view body(const ReadBuffer& buffer) const;

 private:
  using BasicParser = boost::beast::http::basic_parser<true>;
  using ErrorCode = boost::beast::error_code;
  using Text = boost::beast::string_view;

  // What Beast calls; the virtual functions of its parser, and nothing else.
  class Sink final : public BasicParser {
   public:
    explicit Sink(HttpParser& owner) : owner_(owner) {}

   private:
    void on_request_impl(boost::beast::http::verb, Text, Text, int, ErrorCode&) override;
    void on_response_impl(int, Text, int, ErrorCode&) override {}
    void on_field_impl(boost::beast::http::field, Text, Text, ErrorCode&) override;
    void on_header_impl(ErrorCode&) override {}
    void on_body_init_impl(boost::optional<std::uint64_t> const&, ErrorCode&) override {}
    std::size_t on_body_impl(Text, ErrorCode&) override;
    void on_chunk_header_impl(std::uint64_t, Text, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, Text, ErrorCode&) override;
    void on_finish_impl(ErrorCode&) override {}

    HttpParser& owner_;
  };

  RequestView::Slice slice(Text text) const;
  void take_request_line(boost::beast::http::verb, Text method, Text target, int version,
                         ErrorCode&);
  void take_field(boost::beast::http::field, Text name, Text value, ErrorCode&);
  std::optional<Refusal> finish_head();
  std::optional<Refusal> parse_head(ReadBuffer& buffer);
  std::optional<Refusal> parse_body(ReadBuffer& buffer);
  Refusal describe(ErrorCode ec) const;

  const HttpLimits& limits_;
  std::optional<Sink> sink_;
  RequestView* request_ = nullptr;
  State state_ = State::kHead;
  std::string_view bytes_;  // what parse() was given; for the length of the call
  std::size_t parsed_ = 0, head_bytes_ = 0, body_limit_ = 0;
  bool has_request_line_ = false, chunked_ = false;
  std::size_t hosts_ = 0;
  std::optional<Refusal> fault_;  // found inside a callback
  std::string chunked_body_;
};

}  // namespace composable::host
