#include "http/cors.hpp"

#include <gtest/gtest.h>

#include "http/request_builder.hpp"

namespace composable::host {
namespace {

std::string head(const ResponseWriter& writer) {
  std::string out;
  ResponseFacts facts;
  facts.date = "D";
  writer.write(facts, out);
  return out;
}

class CorsTest : public testing::Test {
 protected:
  CorsTest() { options_.allowed_origins = {"https://shop.example"}; }

  std::string answer(Method method, RequestBuilder::Headers headers) {
    const Cors cors(options_);
    RequestBuilder request(method, "/", headers);
    ResponseWriter writer;
    cors.annotate(request.view(), writer);
    if (Cors::is_preflight(request.view())) cors.annotate_preflight(request.view(), writer);
    return head(writer);
  }

  HttpOptions options_;
};

TEST_F(CorsTest, SaysNothingWithoutConfiguredOrigins) {
  options_.allowed_origins.clear();
  const std::string text = answer(Method::kGet, {{"Origin", "https://shop.example"}});
  EXPECT_EQ(text.find("Access-Control"), text.npos);
  EXPECT_EQ(text.find("Vary"), text.npos);
}

TEST_F(CorsTest, LetsAListedOriginRead) {
  const std::string text = answer(Method::kGet, {{"Origin", "https://shop.example"}});
  EXPECT_NE(text.find("Vary: Origin\r\nAccess-Control-Allow-Origin: https://shop.example\r\n"
                      "Access-Control-Expose-Headers: X-Correlation-ID, X-Composable-Position, "
                      "Location, Retry-After\r\n"),
            text.npos)
      << text;
}

TEST_F(CorsTest, FindsAListedOriginHoweverItIsWritten) {
  options_.allowed_origins = {"HTTPS://Shop.example:443"};
  const std::string text = answer(Method::kGet, {{"Origin", "https://shop.example"}});
  EXPECT_NE(text.find("Access-Control-Allow-Origin: https://shop.example\r\n"), text.npos) << text;
}

TEST_F(CorsTest, LetsNobodyElseRead) {
  for (const char* origin : {"https://evil.example", "null", "https://shop.example.evil.example"}) {
    const std::string text = answer(Method::kGet, {{"Origin", origin}});
    EXPECT_EQ(text.find("Access-Control"), text.npos) << origin;
    EXPECT_NE(text.find("Vary: Origin"), text.npos);
  }
}

TEST_F(CorsTest, AnswersAPreflight) {
  const std::string text = answer(Method::kOptions, {{"Origin", "https://shop.example"},
                                                     {"Access-Control-Request-Method", "POST"}});
  EXPECT_NE(text.find("Access-Control-Allow-Headers: Content-Type, Authorization, "
                      "X-Correlation-ID, Idempotency-Key, traceparent\r\n"),
            text.npos);
  EXPECT_NE(text.find("Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE\r\n"),
            text.npos);
}

}  // namespace
}  // namespace composable::host
