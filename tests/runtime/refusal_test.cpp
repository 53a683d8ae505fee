// A refusal has the code of its status, and the log is told more than the client.
#include "runtime/refusal.hpp"

#include <gtest/gtest.h>

#include "runtime/http_status.hpp"

namespace composable::host {
namespace {

TEST(Refusal, EachHasTheCodeOfItsStatus) {
  const struct {
    Refusal refusal;
    int status;
    const char* code;
  } all[] = {
      {bad_request("m"), 400, "BAD_REQUEST"},
      {unauthorized("m"), 401, "UNAUTHORIZED"},
      {forbidden("m"), 403, "FORBIDDEN"},
      {not_found("m"), 404, "NOT_FOUND"},
      {method_not_allowed("m"), 405, "METHOD_NOT_ALLOWED"},
      {request_timeout("m"), 408, "REQUEST_TIMEOUT"},
      {conflict("m"), 409, "CONFLICT"},
      {payload_too_large("m"), 413, "PAYLOAD_TOO_LARGE"},
      {uri_too_long("m"), 414, "URI_TOO_LONG"},
      {unsupported_media_type("m"), 415, "UNSUPPORTED_MEDIA_TYPE"},
      {upgrade_required("m"), 426, "UPGRADE_REQUIRED"},
      {rate_limited("m"), 429, "RATE_LIMITED"},
      {headers_too_large("m"), 431, "HEADERS_TOO_LARGE"},
      {not_implemented("m"), 501, "NOT_IMPLEMENTED"},
      {unavailable("m"), 503, "SERVICE_UNAVAILABLE"},
      {timed_out("m"), 504, "TIMEOUT"},
  };
  for (const auto& [refusal, status, code] : all) {
    EXPECT_EQ(refusal.status, status);
    EXPECT_EQ(refusal.code, code);
    EXPECT_EQ(refusal.code, error_code_of(refusal.status));
    EXPECT_EQ(refusal.message, "m");
    EXPECT_EQ(refusal.path, "");
    EXPECT_EQ(refusal.retry_after_s, status == 503 ? 1u : 0u);
  }
}

TEST(Refusal, APlaceInTheInputIsKept) {
  EXPECT_EQ(bad_request("m", "items[0]").path, "items[0]");
  EXPECT_EQ(forbidden("m", "domain").path, "domain");
  EXPECT_EQ(not_found("m", "action").path, "action");
}

TEST(Refusal, TheLogIsToldTheDetailOrElseTheMessage) {
  EXPECT_EQ(unavailable("busy", "disk full").reason_for_log(), "disk full");
  EXPECT_EQ(unavailable("busy").reason_for_log(), "busy");
  EXPECT_EQ(timed_out("late", "append").reason_for_log(), "append");
}

TEST(Refusal, AnInternalErrorTellsAClientNothingOfItself) {
  const Refusal refusal = internal_error("decide: it threw");
  EXPECT_EQ(refusal.status, 500);
  EXPECT_EQ(refusal.code, "INTERNAL_SERVER_ERROR");
  EXPECT_EQ(refusal.message, "An internal error occurred");
  EXPECT_EQ(refusal.reason_for_log(), "decide: it threw");
}

}  // namespace
}  // namespace composable::host
