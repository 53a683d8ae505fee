// Frames as a client makes them, and a reader of what a server sends; written apart from the code
// under test.
#pragma once
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace composable::host::testing {

inline std::string client_frame(unsigned opcode, std::string_view payload, bool final = true,
                                std::uint32_t mask = 0x12345678) {
  std::string frame;
  frame.push_back(static_cast<char>((final ? 0x80 : 0) | opcode));
  const auto put = [&](std::uint64_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) frame.push_back(static_cast<char>(number >> (8 * i)));
  };
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(0x80 | payload.size()));
  } else if (payload.size() < 65536) {
    frame.push_back(static_cast<char>(0x80 | 126));
    put(payload.size(), 2);
  } else {
    frame.push_back(static_cast<char>(0x80 | 127));
    put(payload.size(), 8);
  }
  put(mask, 4);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame.push_back(static_cast<char>(payload[i] ^ static_cast<char>(mask >> (8 * (3 - i % 4)))));
  }
  return frame;
}

struct ServerFrame {
  unsigned opcode = 0;
  std::string payload;
  bool operator==(const ServerFrame&) const = default;
};

// Takes whole frames off the front of `bytes`; nullopt when they are not what a server may send.
inline std::optional<std::vector<ServerFrame>> take_server_frames(std::string& bytes) {
  std::vector<ServerFrame> frames;
  for (;;) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    if (bytes.size() < 2) return frames;
    if ((at(0) & 0xF0) != 0x80 || (at(1) & 0x80) != 0) return std::nullopt;
    std::size_t header = 2, size = at(1);
    if (size >= 126) {
      const std::size_t extended = size == 126 ? 2 : 8;
      header += extended;
      if (bytes.size() < header) return frames;
      size = 0;
      for (std::size_t i = 0; i < extended; ++i) size = size << 8 | at(2 + i);
    }
    if (bytes.size() < header + size) return frames;
    frames.push_back({at(0) & 0x0Fu, bytes.substr(header, size)});
    bytes.erase(0, header + size);
  }
}

}  // namespace composable::host::testing
