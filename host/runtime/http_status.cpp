#include "runtime/http_status.hpp"

#include <algorithm>
#include <iterator>

namespace composable::host {
namespace {

struct Status {
  std::uint32_t number;
  std::string_view reason;
  std::string_view code;  // of an error body
};

// Ascending.
constexpr Status kStatuses[] = {
    {200, "OK", ""},
    {201, "Created", ""},
    {202, "Accepted", ""},
    {204, "No Content", ""},
    {205, "Reset Content", ""},
    {206, "Partial Content", ""},
    {301, "Moved Permanently", ""},
    {302, "Found", ""},
    {303, "See Other", ""},
    {304, "Not Modified", ""},
    {307, "Temporary Redirect", ""},
    {308, "Permanent Redirect", ""},
    {400, "Bad Request", "BAD_REQUEST"},
    {401, "Unauthorized", "UNAUTHORIZED"},
    {403, "Forbidden", "FORBIDDEN"},
    {404, "Not Found", "NOT_FOUND"},
    {405, "Method Not Allowed", "METHOD_NOT_ALLOWED"},
    {406, "Not Acceptable", "BAD_REQUEST"},
    {408, "Request Timeout", "REQUEST_TIMEOUT"},
    {409, "Conflict", "CONFLICT"},
    {410, "Gone", "NOT_FOUND"},
    {412, "Precondition Failed", "BAD_REQUEST"},
    {413, "Payload Too Large", "PAYLOAD_TOO_LARGE"},
    {414, "URI Too Long", "URI_TOO_LONG"},
    {415, "Unsupported Media Type", "UNSUPPORTED_MEDIA_TYPE"},
    {422, "Unprocessable Entity", "VALIDATION_ERROR"},
    {426, "Upgrade Required", "UPGRADE_REQUIRED"},
    {428, "Precondition Required", "BAD_REQUEST"},
    {429, "Too Many Requests", "RATE_LIMITED"},
    {431, "Request Header Fields Too Large", "HEADERS_TOO_LARGE"},
    {500, "Internal Server Error", "INTERNAL_SERVER_ERROR"},
    {501, "Not Implemented", "NOT_IMPLEMENTED"},
    {502, "Bad Gateway", "BAD_GATEWAY"},
    {503, "Service Unavailable", "SERVICE_UNAVAILABLE"},
    {504, "Gateway Timeout", "TIMEOUT"},
    {505, "HTTP Version Not Supported", "HTTP_VERSION_NOT_SUPPORTED"},
};

const Status* find(std::uint32_t number) {
  const auto at = std::lower_bound(std::begin(kStatuses), std::end(kStatuses), number,
                                   [](const Status& s, std::uint32_t n) { return s.number < n; });
  return at != std::end(kStatuses) && at->number == number ? at : nullptr;
}

}  // namespace

std::string_view reason_phrase(std::uint32_t status) {
  const Status* known = find(status);
  return known == nullptr ? "Unknown" : known->reason;
}

std::string_view error_code_of(std::uint32_t status) {
  if (const Status* known = find(status)) return known->code;
  return status >= 500 ? "INTERNAL_SERVER_ERROR" : "BAD_REQUEST";
}

}  // namespace composable::host
