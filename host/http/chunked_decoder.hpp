// A ChunkedDecoder reads a chunked body (RFC 9112, 7.1): bytes go in as they come, in pieces of
// any size, and the body comes out. One per connection, used again for each request.
//
// It is strict: lines end in CR LF, sizes are hex digits only, and every byte of an extension is
// checked, quoted ones too. Extensions and trailers are discarded, and both are bounded over the
// whole body.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/http_options.hpp"
#include "runtime/refusal.hpp"

namespace composable::host {

class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(const HttpLimits& limits) : limits_(limits) {}

  void begin();
  // A chunk that would make the body larger is refused with 413, before its first byte.
  void limit_body(std::size_t bytes) { body_limit_ = bytes; }

  // Reads `bytes` up to the end of the body and appends what they carry to `body`. Returns how many
  // were read: all of them while there is neither an end nor a refusal. After a refusal nothing
  // can be trusted any more.
  std::size_t decode(std::string_view bytes, std::string& body);
  // Of the last decode(); taken by the call.
  std::optional<Refusal> take_refusal();
  bool is_done() const { return step_ == Step::kDone; }

 private:
  enum class Step : std::uint8_t {
    kSize,       // a digit, and what may follow it
    kSizeBlank,  // behind the size: blanks, then an extension
    kExtension,  // behind a semicolon
    kExtensionName,
    kExtensionNameBlank,
    kExtensionValue,  // behind an equals sign
    kExtensionToken,
    kExtensionQuoted,
    kExtensionEscaped,  // behind a backslash
    kExtensionEnd,      // behind the closing quote
    kExtensionBlank,    // behind a value: blanks, then another extension
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailer,  // the first byte of a line
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kLastLf,
    kDone,
  };

  void take(char c);
  void take_size(char c);
  void take_extension(char c);
  void take_trailer(char c);
  void end_size_line();
  void end_trailer_name();
  bool ends_extension(char c);  // at a semicolon or CR, where the next begins
  void refuse(std::string_view message);

  const HttpLimits& limits_;
  Step step_ = Step::kSize;
  std::uint32_t digits_ = 0;
  std::uint64_t left_ = 0;  // of the chunk; while its line is read, its size
  std::uint64_t total_ = 0;
  std::size_t body_limit_ = 0;
  std::size_t extension_bytes_ = 0, trailer_bytes_ = 0, trailers_ = 0;
  std::array<char, 20> name_{};  // the beginning of a trailer's name
  std::size_t name_length_ = 0;
  std::optional<Refusal> refusal_;
};

}  // namespace composable::host
