// A FrameReader decodes RFC 6455 frames on the server's side, without I/O: bytes in, messages and
// control frames out. The functions below it encode frames. The session calls them, on its loop.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ws/utf8.hpp"

namespace composable::host {

enum class Opcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kCloseGoingAway = 1001;
inline constexpr std::uint16_t kCloseProtocolError = 1002;
inline constexpr std::uint16_t kCloseUnsupportedData = 1003;
inline constexpr std::uint16_t kCloseNoCode = 1005;  // never on the wire: the peer gave none
inline constexpr std::uint16_t kCloseNotUtf8 = 1007;
inline constexpr std::uint16_t kClosePolicy = 1008;
inline constexpr std::uint16_t kCloseTooLarge = 1009;

// Turns a client's bytes into events, whatever the pieces in which they arrive.
class FrameReader {
 public:
  enum class Event : std::uint8_t {
    kMore,  // the input is used up
    kText,  // a whole message; payload() is its text, valid UTF-8
    kPing,  // payload() is to be sent back
    kPong,
    kClose,  // close_code() and payload() as the peer gave them
    kFault,  // close with close_code(); payload() is the reason
  };

  explicit FrameReader(std::size_t message_bytes) : message_bytes_(message_bytes) {}

  // Reads up to the next event and moves `input` behind it; unmasks in place. After kClose and
  // kFault nothing is read any more: what follows is dropped.
  Event next(std::span<char>& input);

  // Of the last event. Valid until the next call, and while the input it was read from is.
  std::string_view payload() const { return payload_; }
  std::uint16_t close_code() const { return close_code_; }

 private:
  static constexpr std::size_t kMaxHeader = 14;

  bool read_header(std::span<char>& input);
  bool check_start();   // the first two bytes
  bool check_length();  // all of the header
  Event take_payload(std::span<char> chunk);
  Event end_control();
  Event end_close();
  Event fail(std::uint16_t code, std::string_view reason);

  bool is_control() const { return (static_cast<std::uint8_t>(opcode_) & 8) != 0; }

  std::size_t message_bytes_;
  std::uint64_t length_ = 0;  // of the current frame's payload
  std::uint64_t taken_ = 0;   // of it, so far
  std::array<char, kMaxHeader> header_{};
  std::uint8_t header_size_ = 0;
  std::uint8_t header_need_ = 2;
  std::uint16_t close_code_ = kCloseNoCode;
  Opcode opcode_ = Opcode::kText;
  Utf8Check utf8_;
  bool final_ = false;
  bool in_payload_ = false;
  bool in_message_ = false;  // a fragmented message is open
  bool ended_ = false;       // after kClose or kFault
  bool stale_ = false;       // the last event gave a buffer out
  std::array<char, 4> mask_{};
  std::string message_;  // fragments so far
  std::string control_;  // a control frame that came in pieces
  std::string_view payload_;
};

// The close codes that a peer may put on the wire.
bool valid_close_code(std::uint16_t code);

// XORs `data` with the mask, whose first byte belongs to byte `offset` of the payload modulo 4.
void unmask(std::span<char> data, const std::array<char, 4>& mask, std::uint64_t offset);

inline constexpr std::size_t kMaxServerHeader = 10;
// The header of an unmasked, unfragmented frame; returns its size.
std::size_t write_frame_header(char* out, Opcode opcode, std::uint64_t length);
void append_frame(std::string& out, Opcode opcode, std::string_view payload);
// kCloseNoCode makes an empty payload; the reason is cut to what a control frame holds.
void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason);

}  // namespace composable::host
