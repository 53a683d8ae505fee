// An HttpParser parses HTTP/1 requests (RFC 9112) into a RequestView, without a container of
// fields and without copies, except of a chunked body. Each connection has one. It stops once
// after the head, so that limits and routes are checked before a body is taken.
//
// It examines every byte once, as it arrives, so the outcome does not depend on where a read ends,
// and a request that cannot become valid is refused at the byte that makes it invalid.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/chunked_decoder.hpp"
#include "http/http_options.hpp"
#include "http/message_framing.hpp"
#include "http/read_buffer.hpp"
#include "http/request_view.hpp"
#include "runtime/refusal.hpp"

namespace composable::host {

class HttpParser {
 public:
  enum class State { kHead, kBody, kComplete };

  explicit HttpParser(const HttpLimits& limits) : limits_(limits), chunks_(limits) {}

  // Removes empty lines before a request (RFC 9112, 2.2). Returns whether a request has begun.
  static bool skip_empty_lines(ReadBuffer& buffer);
  // Begins the next request at the front of `buffer`. `request` follows the buffer from now on;
  // parse() gets the same buffer.
  void begin(RequestView& request, const ReadBuffer& buffer);
  // Reads on as far as the bytes reach, at most to the end of the head or of the body. A refusal
  // ends the connection's framing: nothing after it can be trusted.
  std::optional<Refusal> parse(ReadBuffer& buffer);
  // Once, in state kBody: 413 for a body announced larger.
  std::optional<Refusal> limit_body(std::size_t bytes);

  // Of a body that is not chunked; 0 otherwise.
  std::size_t announced_body() const { return framing_.length(); }
  // The request is answered; body() is empty from now on.
  void drop_body();

  State state() const { return state_; }
  std::size_t parsed() const { return parsed_; }  // bytes at the buffer's front that belong to it
  bool body_begun(const ReadBuffer& buffer) const {
    return buffer.size() > head_bytes_ || !chunked_body_.empty();
  }
  std::string_view body(const ReadBuffer& buffer) const;

 private:
  enum class Step : std::uint8_t {
    kMethod,
    kTarget,
    kVersion,
    kLine,  // the first byte of a header's line, or of the empty one
    kName,
    kBlanks,  // between the colon and the value
    kValue,
    kLineLf,  // behind a header's CR
    kLastLf,  // behind the empty line's
    kDone,
  };

  RequestView::Slice slice(std::size_t begin, std::size_t end) const {
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)};
  }
  // Each reads on from parsed_; a refusal, or nothing and another step, or nothing at the end of
  // the bytes.
  std::optional<Refusal> step(std::string_view bytes);
  std::optional<Refusal> take_method(std::string_view bytes);
  std::optional<Refusal> take_target(std::string_view bytes);
  std::optional<Refusal> take_version(std::string_view bytes);
  std::optional<Refusal> take_line(std::string_view bytes);
  std::optional<Refusal> take_name(std::string_view bytes);
  std::optional<Refusal> take_value(std::string_view bytes);
  std::optional<Refusal> end_header(std::string_view bytes);
  std::optional<Refusal> parse_head(std::string_view bytes);
  std::optional<Refusal> finish_head();
  std::optional<Refusal> parse_body(ReadBuffer& buffer);
  Refusal head_too_large() const;

  const HttpLimits& limits_;
  RequestView* request_ = nullptr;
  State state_ = State::kHead;
  Step step_ = Step::kMethod;
  std::size_t parsed_ = 0, head_bytes_ = 0;
  // Where in the head they begin and end, counted from its first byte.
  std::size_t begin_ = 0;  // of what is being read: the method, target, version, name or value
  std::size_t method_end_ = 0, name_begin_ = 0, name_end_ = 0, value_end_ = 0;
  MessageFraming framing_;
  ChunkedDecoder chunks_;
  std::string chunked_body_;
};

}  // namespace composable::host
