#include "config/masking.hpp"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"

namespace composable::host {
namespace {

bool is_scheme(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '+' || c == '-' || c == '.';
  });
}

// Host, an optional numeric port, and then a path; anything else may be a part of a password.
bool is_place(std::string_view text) {
  const std::string_view authority = text.substr(0, text.find('/'));
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view port =
      colon == std::string_view::npos ? std::string_view() : authority.substr(colon + 1);
  const auto plain = [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' ||
           c == ']' || c == '/';
  };
  return std::all_of(text.begin(), text.end(), plain) &&
         std::all_of(port.begin(), port.end(),
                     [](unsigned char c) { return absl::ascii_isdigit(c); });
}

JsonNode masked(const JsonNode& node, std::string_view name) {
  JsonNode out = node;
  const bool holds_text =
      node.kind != JsonNode::Kind::kArray && node.kind != JsonNode::Kind::kObject;
  if (is_secret_name(name)) {
    return JsonNode{.kind = JsonNode::Kind::kString, .text = std::string(kMask)};
  }
  if (holds_text && node.text.find("://") != std::string::npos) out.text = mask_url(node.text);
  for (JsonNode& item : out.items) item = masked(item, name);
  for (DocumentMember& member : out.members) member.value = masked(member.value, member.name);
  return out;
}

}  // namespace

std::string mask_url(std::string_view url) {
  if (url.empty() || url == "memory:" || url == "sqlite:") return std::string(url);
  const std::size_t separator = url.find("://");
  if (separator == std::string_view::npos || !is_scheme(url.substr(0, separator))) {
    return std::string(kMask);
  }
  std::string out(url.substr(0, separator + 3));
  std::string_view rest = url.substr(separator + 3);
  // The last `@` anywhere: an unescaped `/`, `?` or `@` in a password must not end it.
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) {
    out += std::string(kMask) + '@';
    rest.remove_prefix(at + 1);
  }
  const std::string_view place = rest.substr(0, rest.find_first_of("?#"));
  if (!is_place(place)) return std::string(kMask);
  out += place;
  if (place.size() < rest.size()) out += std::string("?") + std::string(kMask);
  return out;
}

bool is_secret_name(std::string_view name) {
  constexpr std::array<std::string_view, 10> kMarks = {
      "secret",  "password",    "passwd",  "token",  "credential",
      "api_key", "private_key", "signing", "apikey", "pepper"};
  const std::string lower = absl::AsciiStrToLower(std::string(name));
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [&](std::string_view mark) { return lower.find(mark) != std::string::npos; });
}

std::string masked_json(const JsonNode& node) { return to_json(masked(node, "")); }

}  // namespace composable::host
