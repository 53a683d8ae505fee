#include "composable/error.hpp"

namespace composable {
namespace {

// Copies the longest prefix of `text` that fits and does not end inside a character.
template <std::size_t kRoom>
std::uint32_t copy(std::string_view text, char (&to)[kRoom]) {
  std::size_t size = text.size() < kRoom ? text.size() : kRoom;
  while (size < text.size() && size > 0 &&
         (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) {
    --size;
  }
  return static_cast<std::uint32_t>(text.copy(to, size));
}

}  // namespace

void set_error(composable_error* error, std::string_view message, std::string_view path,
               std::uint32_t offset) {
  if (error == nullptr) return;
  error->message_len = copy(message, error->message);
  error->path_len = copy(path, error->path);
  error->offset = offset;
}

void prepend_path(composable_error* error, std::string_view step) {
  if (error == nullptr) return;
  std::string path(step);
  if (error->path_len > 0) {
    if (error->path[0] != '[') path += '.';
    path.append(error->path, error->path_len);
  }
  error->path_len = copy(path, error->path);
}

std::string describe(const composable_error& error) {
  std::string text;
  if (error.path_len > 0) text.append(path(error)).append(": ");
  text.append(message(error));
  if (error.offset != kNoOffset) text.append(" (byte ").append(std::to_string(error.offset)) += ')';
  return text;
}

}  // namespace composable
