#include "http/content_rules.hpp"

#include <string>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

std::string_view trimmed(std::string_view s) {
  const std::size_t first = s.find_first_not_of(" \t");
  if (first == s.npos) return {};
  return s.substr(first, s.find_last_not_of(" \t") - first + 1);
}

// Whether `parameters`, what follows the first semicolon, leave the charset at UTF-8.
bool is_utf8_charset(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t semicolon = parameters.find(';');
    const std::string_view parameter = trimmed(parameters.substr(0, semicolon));
    const std::size_t equal = parameter.find('=');
    if (equal != parameter.npos && equals_ignoring_case(parameter.substr(0, equal), "charset")) {
      std::string_view charset = parameter.substr(equal + 1);
      if (charset.size() >= 2 && charset.front() == '"' && charset.back() == '"') {
        charset = charset.substr(1, charset.size() - 2);
      }
      if (!equals_ignoring_case(charset, "utf-8")) return false;
    }
    if (semicolon == parameters.npos) break;
    parameters.remove_prefix(semicolon + 1);
  }
  return true;
}

bool is_json(std::string_view type) {
  if (type == "application/json") return true;  // what nearly everybody sends
  const std::size_t semicolon = type.find(';');
  if (!equals_ignoring_case(trimmed(type.substr(0, semicolon)), "application/json")) return false;
  return semicolon == type.npos || is_utf8_charset(type.substr(semicolon + 1));
}

}  // namespace

std::optional<Refusal> check_content_type(const RequestView& request, const RouteTarget& target) {
  if (!target.takes_body || !request.body_expected()) return std::nullopt;
  const auto type = request.header("content-type");
  if (!type)
    return unsupported_media_type("Content-Type: missing; send the body as application/json");
  if (!is_json(*type)) {
    return unsupported_media_type(absl::StrFormat(
        "Content-Type: \"%s\" is not accepted; send the body as application/json in UTF-8", *type));
  }
  const auto coding = request.header("content-encoding");
  if (coding && !equals_ignoring_case(*coding, "identity")) {
    return unsupported_media_type(absl::StrFormat(
        "Content-Encoding: \"%s\" is not accepted; send the body uncompressed", *coding));
  }
  return std::nullopt;
}

std::optional<Refusal> check_body(const RequestView& request, const RouteTarget& target) {
  if (!target.takes_body || target.body_optional || target.method == Method::kDelete ||
      target.method == Method::kGet || !request.body().empty()) {
    return std::nullopt;
  }
  return bad_request("body: empty; send a JSON object as application/json");
}

}  // namespace composable::host
