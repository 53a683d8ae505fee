#include "composable/error.hpp"

#include <cstring>

namespace composable {
namespace {

// The length of the longest prefix of `text` that fits `room` and does not end inside a character.
std::uint32_t fit(std::string_view text, std::size_t room) {
  if (text.size() <= room) return static_cast<std::uint32_t>(text.size());
  while (room > 0 && (static_cast<unsigned char>(text[room]) & 0xc0) == 0x80) --room;
  return static_cast<std::uint32_t>(room);
}

}  // namespace

void set_error(composable_error* error, std::string_view message, std::string_view path,
               std::uint32_t offset) {
  if (error == nullptr) return;
  error->message_len = fit(message, sizeof(error->message));
  std::memcpy(error->message, message.data(), error->message_len);
  error->path_len = fit(path, sizeof(error->path));
  std::memcpy(error->path, path.data(), error->path_len);
  error->offset = offset;
}

void prepend_path(composable_error* error, std::string_view step) {
  if (error == nullptr) return;
  std::string path(step);
  if (error->path_len > 0) {
    if (error->path[0] != '[') path += '.';
    path.append(error->path, error->path_len);
  }
  error->path_len = fit(path, sizeof(error->path));
  std::memcpy(error->path, path.data(), error->path_len);
}

std::string describe(const composable_error& error) {
  std::string text;
  if (error.path_len > 0) text.append(path(error)).append(": ");
  text.append(message(error));
  if (error.offset != kNoOffset) text.append(" (byte ").append(std::to_string(error.offset)) += ')';
  return text;
}

}  // namespace composable
