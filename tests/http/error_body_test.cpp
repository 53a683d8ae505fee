#include "http/error_body.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

const Uuid kId = Uuid::parse("0190a0b0-1111-7222-8333-444455556666").value();

std::string body(const Refusal& refusal) {
  std::string out;
  append_error_body(refusal, kId, out);
  return out;
}

TEST(ErrorBodyTest, HasCodeMessageAndCorrelation) {
  EXPECT_EQ(body({404, "NOT_FOUND", "/x: no such path", "", 0}),
            R"({"code":"NOT_FOUND","message":"/x: no such path",)"
            R"("correlation_id":"0190a0b0-1111-7222-8333-444455556666"})");
}

TEST(ErrorBodyTest, NamesThePlaceInTheInput) {
  EXPECT_EQ(body({400, "BAD_REQUEST", "m", "items[0].quantity", 0}),
            R"({"code":"BAD_REQUEST","message":"m",)"
            R"("correlation_id":"0190a0b0-1111-7222-8333-444455556666",)"
            R"("path":"items[0].quantity"})");
}

TEST(ErrorBodyTest, TakesTheStatusOwnCodeWhenNoneIsGiven) {
  const std::pair<int, const char*> codes[] = {{400, "BAD_REQUEST"},
                                               {401, "UNAUTHORIZED"},
                                               {403, "FORBIDDEN"},
                                               {404, "NOT_FOUND"},
                                               {405, "METHOD_NOT_ALLOWED"},
                                               {408, "REQUEST_TIMEOUT"},
                                               {409, "CONFLICT"},
                                               {413, "PAYLOAD_TOO_LARGE"},
                                               {414, "URI_TOO_LONG"},
                                               {415, "UNSUPPORTED_MEDIA_TYPE"},
                                               {422, "VALIDATION_ERROR"},
                                               {426, "UPGRADE_REQUIRED"},
                                               {429, "RATE_LIMITED"},
                                               {431, "HEADERS_TOO_LARGE"},
                                               {500, "INTERNAL_SERVER_ERROR"},
                                               {501, "NOT_IMPLEMENTED"},
                                               {502, "BAD_GATEWAY"},
                                               {503, "SERVICE_UNAVAILABLE"},
                                               {504, "TIMEOUT"}};
  for (const auto& [status, code] : codes) {
    EXPECT_EQ(body({static_cast<std::uint16_t>(status), "", "m", "", 0}),
              std::string(R"({"code":")") + code +
                  R"(","message":"m","correlation_id":"0190a0b0-1111-7222-8333-444455556666"})");
  }
}

TEST(ErrorBodyTest, IsJsonWhateverAPluginSays) {
  EXPECT_EQ(body({422, "X", "\"a\" \xff", "items[\n]", 0}),
            "{\"code\":\"X\",\"message\":\"\\\"a\\\" \xef\xbf\xbd\","
            "\"correlation_id\":\"0190a0b0-1111-7222-8333-444455556666\","
            "\"path\":\"items[\\n]\"}");
}

}  // namespace
}  // namespace composable::host
