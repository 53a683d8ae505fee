#include "http/request_view.hpp"

#include <gtest/gtest.h>

#include "http/request_builder.hpp"

namespace composable::host {
namespace {

composable_str name(std::string_view s) { return {s.data(), s.size()}; }
std::string text(composable_str s) {
  return s.ptr == nullptr ? "(absent)" : std::string(s.ptr, s.len);
}

TEST(RequestViewTest, SplitsTheTarget) {
  RequestBuilder request(Method::kGet, "/api/v1/orders?a=1&b=2");
  EXPECT_EQ(request.view().path(), "/api/v1/orders");
  EXPECT_EQ(request.view().query_text(), "a=1&b=2");
  RequestBuilder absolute(Method::kGet, "HTTP://shop.example:80?x=1");
  EXPECT_EQ(absolute.view().host(), "shop.example:80");
  EXPECT_EQ(absolute.view().path(), "/");
  EXPECT_EQ(absolute.view().query_text(), "x=1");
}

TEST(RequestViewTest, RefusesATargetItCannotRead) {
  const std::pair<const char*, const char*> bad[] = {
      {"/a%", "request target: a % is not followed by two hex digits; write it as %25"},
      {"/a%zz", "request target: a % is not followed by two hex digits; write it as %25"},
      {"/a?b=%ff", "request target: its escapes do not decode to UTF-8"},
      {"/a%00", "request target: it holds a NUL character"},
      {"a", "request target: it must begin with /, http:// or https://"},
      {"*", "request target: it must begin with /, http:// or https://"},
      {"http:///a", "request target: it names no host"},
      {"ftp://a/b", "request target: it must begin with /, http:// or https://"},
  };
  for (const auto& [target, message] : bad) {
    RequestBuilder request(Method::kGet, target);
    ASSERT_TRUE(request.target_refusal()) << target;
    EXPECT_EQ(request.target_refusal()->message, message) << target;
    EXPECT_EQ(request.target_refusal()->status, 400);
  }
}

// RFC 3986, 6.2.2.2; anything else would have another meaning without its escape.
TEST(RequestViewTest, TakesEscapesAwayThatNothingNeeds) {
  const std::pair<const char*, const char*> paths[] = {
      {"/api/v1/%63ounter", "/api/v1/counter"},
      {"/%61%5A%30%2d%2E%5f%7e?%61", "/aZ0-._~"},
      {"/a%2Fb%2f", "/a%2Fb%2f"},
      {"/%2563", "/%2563"},
      {"/%c3%bc%20%3a", "/%c3%bc%20%3a"},
      {"http://h/%63?x", "/c"},
      {"/\xc3\xbc%63",
       "/\xc3\xbc"
       "c"},
  };
  for (const auto& [target, path] : paths) {
    RequestBuilder request(Method::kGet, target);
    ASSERT_FALSE(request.target_refusal()) << target;
    EXPECT_EQ(request.view().path(), path) << target;
    EXPECT_EQ(request.view().abi().path.len, std::string_view(path).size()) << target;
  }
  RequestBuilder query(Method::kGet, "/x?%61=%2561");
  EXPECT_EQ(query.view().query_text(), "%61=%2561");
  EXPECT_EQ(query.view().query("a"), "%61");
}

TEST(RequestViewTest, RefusesAHostThatIsNone) {
  for (const char* host :
       {"",        "a b",  "a,b",    "a/b",         "user@a", "a:b",      "a:123456",
        "a:70000", "[::1", "[::1]x", "[127.0.0.1]", "[::g]",  "::1",      "a?b",
        "a#b",     "a\\b", "a\"b",   "<a>",         "%zz",    "a\xc3\xbc"}) {
    RequestBuilder request(Method::kGet, "/health", {{"Host", host}});
    ASSERT_TRUE(request.target_refusal()) << host;
    EXPECT_EQ(request.target_refusal()->message,
              "Host: \"" + std::string(host) +
                  "\" names no host; write it as name, name:port or [IPv6]:port");
    EXPECT_EQ(request.target_refusal()->status, 400);
  }
  for (const char* host : {"a", "a:", "a:0", "A.example:65535", "[::1]", "[::ffff:1.2.3.4]:80",
                           "a_b", "a%20b", "1.2.3.4", "a.example."}) {
    EXPECT_FALSE(RequestBuilder(Method::kGet, "/", {{"Host", host}}).target_refusal()) << host;
  }
  EXPECT_FALSE(RequestBuilder(Method::kGet, "/", {{"Host", ""}}, "", false).target_refusal());
  EXPECT_TRUE(RequestBuilder(Method::kGet, "/", {{"Host", "a b"}}, "", false).target_refusal());
  EXPECT_TRUE(RequestBuilder(Method::kGet, "http://a b/", {{"Host", "a"}}).target_refusal());
  EXPECT_TRUE(RequestBuilder(Method::kGet, "http://a/", {{"Host", "a b"}}).target_refusal());
  EXPECT_TRUE(RequestBuilder(Method::kOptions, "*", {{"Host", "a b"}}).target_refusal());
}

TEST(RequestViewTest, DecodesQueryKeysAndValues) {
  RequestBuilder request(Method::kGet,
                         "/x?customer%5Fid=a+b%26c&empty=&flag&customer_id=second&=v");
  const composable_request& abi = request.view().abi();
  EXPECT_EQ(text(abi.query(&abi, name("customer_id"))), "a b&c");
  EXPECT_EQ(text(abi.query(&abi, name("empty"))), "");
  EXPECT_EQ(text(abi.query(&abi, name("flag"))), "");
  EXPECT_EQ(text(abi.query(&abi, name(""))), "v");
  EXPECT_EQ(text(abi.query(&abi, name("none"))), "(absent)");
}

TEST(RequestViewTest, KeepsAViewForAsLongAsTheRequest) {
  RequestBuilder request(Method::kGet, "/x?a=%41%42&b=%43%44");
  const composable_request& abi = request.view().abi();
  const composable_str first = abi.query(&abi, name("a"));
  const composable_str second = abi.query(&abi, name("b"));
  for (int i = 0; i < 100; ++i) abi.query(&abi, name("b"));
  EXPECT_EQ(text(first), "AB");
  EXPECT_EQ(text(second), "CD");
}

TEST(RequestViewTest, DecodesParameters) {
  RequestBuilder request(Method::kGet, "/x/a%2Fb/c");
  const std::string names[] = {"id", "other"};
  const std::string_view values[] = {"a%2Fb", "c"};
  request.view().set_params(names, values);
  const composable_request& abi = request.view().abi();
  EXPECT_EQ(text(abi.param(&abi, name("id"))), "a/b");
  EXPECT_EQ(text(abi.param(&abi, name("other"))), "c");
  EXPECT_EQ(text(abi.param(&abi, name("ID"))), "(absent)");
}

// The buffer moves when a body does not fit behind the head, after the head was looked at.
TEST(RequestViewTest, FollowsABufferThatMoves) {
  std::string before = "GET http://h/a/b?c=d";
  RequestView view;
  view.reset();
  view.set_request_line(Method::kGet, {0, 3}, {4, 16}, true);
  const char* first_byte = before.data();
  view.follow(first_byte);
  ASSERT_FALSE(view.read_target());
  const std::string names[] = {"id"};
  const std::string_view values[] = {std::string_view(before).substr(13, 1)};
  view.set_params(names, values);
  const std::string after = before;
  first_byte = after.data();
  before.assign(before.size(), '#');
  EXPECT_EQ(view.path(), "/a/b");
  EXPECT_EQ(view.query_text(), "c=d");
  EXPECT_EQ(view.host(), "h");
  EXPECT_EQ(view.query("c"), "d");
  EXPECT_EQ(view.param("id"), "a");
  EXPECT_EQ(text(view.abi().path), "/a/b");
}

TEST(RequestViewTest, FindsHeadersInAnyCase) {
  RequestBuilder request(Method::kGet, "/",
                         {{"User-Agent", "one"}, {"user-agent", "two"}, {"X-Latin", "\xfc"}});
  const composable_request& abi = request.view().abi();
  EXPECT_EQ(text(abi.header(&abi, name("USER-AGENT"))), "one");
  EXPECT_EQ(text(abi.header(&abi, name("x-latin"))), "(absent)");
  EXPECT_EQ(request.view().header_lines("user-agent"), 2u);
}

TEST(RequestViewTest, ShowsHeadAsGet) {
  RequestBuilder request(Method::kHead, "/");
  EXPECT_EQ(request.view().abi().method, COMPOSABLE_METHOD_GET);
}

TEST(RequestViewTest, FindsATokenInAList) {
  RequestBuilder request(Method::kGet, "/", {{"Connection", "keep-alive , Upgrade"}});
  EXPECT_TRUE(request.view().header_has_token("connection", "upgrade"));
  EXPECT_FALSE(request.view().header_has_token("connection", "grade"));
}

}  // namespace
}  // namespace composable::host
