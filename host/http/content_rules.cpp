#include "http/content_rules.hpp"

#include "absl/strings/str_format.h"
#include "http/media_type.hpp"

namespace composable::host {
namespace {

// A client that says no charset means UTF-8, which is all that JSON has (RFC 8259, 8.1).
bool is_json(std::string_view text) {
  if (text == "application/json") return true;  // what nearly everybody sends
  const auto media = MediaType::parse(text);
  return media && equals_ignoring_case(media->type, "application/json") &&
         media->charset_is_clear &&
         (!media->charset || equals_ignoring_case(*media->charset, "utf-8"));
}

std::optional<Refusal> check_type(const RequestView& request) {
  const auto type = request.header("content-type");
  if (!type) {
    return unsupported_media_type("Content-Type: missing; send the body as application/json");
  }
  if (request.header_lines("content-type") > 1) return bad_request("Content-Type: more than one");
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

}  // namespace

std::optional<Refusal> check_head(const RequestView& request, const RouteTarget& target) {
  if (!target.takes_body || request.body_kind() != BodyKind::kOfKnownLength) return std::nullopt;
  return check_type(request);
}

std::optional<Refusal> check_body(const RequestView& request, const RouteTarget& target) {
  if (!target.takes_body) return std::nullopt;
  if (!request.body().empty()) {
    return request.body_kind() == BodyKind::kChunked ? check_type(request) : std::nullopt;
  }
  if (target.body_optional || target.method == Method::kDelete || target.method == Method::kGet) {
    return std::nullopt;
  }
  return bad_request("body: empty; send a JSON object as application/json");
}

}  // namespace composable::host
