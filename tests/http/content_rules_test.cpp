#include "http/content_rules.hpp"

#include <gtest/gtest.h>

#include "http/request_builder.hpp"

namespace composable::host {
namespace {

RouteTarget command(bool body_optional = false) {
  RouteTarget target;
  target.method = Method::kPost;
  target.takes_body = true;
  target.body_optional = body_optional;
  return target;
}

std::string type_fault(RequestBuilder::Headers headers) {
  RequestBuilder request(Method::kPost, "/", headers, "{}");
  const auto refusal = check_head(request.view(), command());
  return refusal ? std::to_string(refusal->status) + " " + refusal->message : "";
}

TEST(ContentRulesTest, AcceptsJsonInUtf8) {
  for (const char* type :
       {"application/json", "Application/JSON", "application/json;charset=utf-8",
        "application/json; charset=\"UTF-8\"", "application/json ; a=b", "application/json;",
        "application/json; x=\"a;b\"", "application/json; x=\"a\\\"b\"; charset=utf-8",
        "application/json;x=\"; charset=latin1\"", "application/json; charset=\"\\utf-8\"",
        "application/json;;charset=UTF-8;charset=utf-8"}) {
    EXPECT_EQ(type_fault({{"Content-Type", type}}), "") << type;
  }
}

TEST(ContentRulesTest, NamesTheTypeItWants) {
  EXPECT_EQ(type_fault({}), "415 Content-Type: missing; send the body as application/json");
  EXPECT_EQ(type_fault({{"Content-Type", "text/plain"}}),
            "415 Content-Type: \"text/plain\" is not accepted; send the body as application/json "
            "in UTF-8");
  EXPECT_EQ(type_fault({{"Content-Type", "application/json; charset=latin1"}}).substr(0, 3), "415");
  for (const char* type :
       {"application/json; charset=\"latin1\"", "application/json; x=\"a",
        "application/json; x=\"a\\", "application/json; x", "application/json; =y",
        "application/json, text/plain", "application /json", "application/jsonp",
        "application/json; charset=utf-8; charset=latin1",
        "application/json; charset=latin1; charset=utf-8", "application/json; charset=", "",
        "json"}) {
    EXPECT_EQ(type_fault({{"Content-Type", type}}).substr(0, 3), "415") << type;
  }
  EXPECT_EQ(type_fault({{"Content-Type", "application/json"}, {"Content-Type", "text/plain"}}),
            "400 Content-Type: more than one");
  EXPECT_EQ(type_fault({{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}),
            "415 Content-Encoding: \"gzip\" is not accepted; send the body uncompressed");
}

TEST(ContentRulesTest, AsksForNoTypeWithoutABody) {
  RequestBuilder request(Method::kPost, "/", {{"Content-Type", "text/plain"}});
  EXPECT_FALSE(check_head(request.view(), command()));
}

TEST(ContentRulesTest, RefusesAnEmptyBodyWhereOneIsNeeded) {
  RequestBuilder request(Method::kPost, "/", {{"Content-Type", "application/json"}});
  const auto refusal = check_body(request.view(), command());
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 400);
  EXPECT_EQ(refusal->message, "body: empty; send a JSON object as application/json");
  EXPECT_FALSE(check_body(request.view(), command(true)));
  RouteTarget remove = command();
  remove.method = Method::kDelete;
  EXPECT_FALSE(check_body(request.view(), remove));
}

// Whether a chunked body is empty shows at its end.
TEST(ContentRulesTest, AnEmptyChunkedBodyIsNoBody) {
  RequestBuilder empty(Method::kPost, "/");
  empty.view().set_body_kind(BodyKind::kChunked);
  for (const bool optional : {false, true}) {
    EXPECT_FALSE(check_head(empty.view(), command(optional)));
    const auto refusal = check_body(empty.view(), command(optional));
    EXPECT_EQ(refusal.has_value(), !optional);
    if (refusal) {
      EXPECT_EQ(refusal->status, 400);
    }
  }
  RequestBuilder full(Method::kPost, "/", {{"Content-Type", "text/plain"}}, "x");
  full.view().set_body_kind(BodyKind::kChunked);
  EXPECT_FALSE(check_head(full.view(), command()));
  EXPECT_EQ(check_body(full.view(), command(true))->status, 415);
  RequestBuilder untyped(Method::kPost, "/", {}, "{}");
  untyped.view().set_body_kind(BodyKind::kChunked);
  EXPECT_EQ(check_body(untyped.view(), command(true))->status, 415);
  RequestBuilder good(Method::kPost, "/", {{"Content-Type", "application/json"}}, "{}");
  good.view().set_body_kind(BodyKind::kChunked);
  EXPECT_FALSE(check_body(good.view(), command(true)));
}

}  // namespace
}  // namespace composable::host
