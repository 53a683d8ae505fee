// These classes write and read the frames that a host and its child process exchange over a
// socket. Both ends are the same build, so numbers are in the machine's order and nothing is
// negotiated. Any thread, one at a time.
//
//     host:    kCandidate          kConfig, kEvent…, kState…, kEnd
//     canary:             kNamed                                  kVerdict, at any time
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace composable::host {

// An event has 1 MiB of data at most; a configuration has to fit as well. A state goes in parts.
inline constexpr std::size_t kMaxFrame = std::size_t{4} << 20;

enum class FrameKind : std::uint8_t {
  kCandidate = 1,  // file, run directory
  kConfig = 2,     // JSON
  kEvent = 4,      // stream, version, position, recorded_at_us, actor, correlation, type, data
  kState = 5,      // schema, bytes of all, a part of them; until all are there
  kEnd = 6,
  kPluginTask = 7,  // what verify/plugin_task.cpp writes and reads
  kNamed = 16,      // domain
  kVerdict = 17,    // 1 and a report, or 0, code and text
  kOutcome = 18,    // of a plugin task: its verdict and reason
};

// Builds one frame at the end of `out`, which is whole when the writer ends.
class FrameWriter {
 public:
  FrameWriter(std::string& out, FrameKind kind);
  ~FrameWriter();
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  FrameWriter& number(std::uint64_t value);
  FrameWriter& text(std::string_view value);

 private:
  std::string& out_;
  const std::size_t begin_;
};

// Reads a frame's payload, in the order in which it was written.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view payload) : rest_(payload) {}

  std::uint64_t number();
  std::string_view text();  // a view of the payload
  // Every read succeeded, and nothing is left.
  bool complete() const { return good_ && rest_.empty(); }

 private:
  bool good_ = true;
  std::string_view rest_;
};

struct Frame {
  FrameKind kind{};
  std::string_view payload;
};

// The frames in a stream of bytes.
class FrameStream {
 public:
  // Reserves bytes for the caller to fill; filled() says how many it wrote.
  char* reserve(std::size_t size);
  void filled(std::size_t size);

  enum class Next { kFrame, kMore, kTooLong };
  // kFrame: `frame` is valid until the next call of reserve().
  Next next(Frame& frame);

 private:
  std::string bytes_;
  std::size_t read_ = 0;   // taken
  std::size_t begin_ = 0;  // where filled() goes on
};

}  // namespace composable::host
