#include "http/host_rules.hpp"

#include <gtest/gtest.h>

#include "http/request_builder.hpp"

namespace composable::host {
namespace {

class HostRulesTest : public testing::Test {
 protected:
  bool accepts_host(std::string host, bool http_1_1 = true) {
    RequestBuilder::Headers headers;
    if (host != "-") headers.push_back({"Host", host});
    RequestBuilder request(Method::kGet, "/", headers, "", http_1_1);
    return !HostRules(options_).check_host(request.view(), false);
  }
  bool accepts(Method method, RequestBuilder::Headers headers, bool https = false,
               const char* host = "localhost:3000") {
    headers.push_back({"Host", host});
    RequestBuilder request(method, "/", headers);
    return !HostRules(options_).check_cross_site(request.view(), https);
  }
  bool accepts_socket(RequestBuilder::Headers headers) {
    headers.push_back({"Host", "localhost:3000"});
    RequestBuilder request(Method::kGet, "/ws", headers);
    return !HostRules(options_).check_socket_origin(request.view(), false);
  }

  HttpOptions options_;
};

TEST_F(HostRulesTest, BoundToLoopbackOnlyLoopbackNamesAreRight) {
  for (const char* host :
       {"localhost", "LOCALHOST:3000", "127.0.0.1", "127.0.0.1:3000", "127.9.9.9", "[::1]",
        "[::1]:3000", "shop.localhost:3000", "localhost:"}) {
    EXPECT_TRUE(accepts_host(host)) << host;
  }
  for (const char* host :
       {"evil.example", "evil.example:3000", "127.0.0.1.evil.example", "localhost.evil.example",
        "notlocalhost", "", "user@localhost", "localhost:x", "localhost/x", "[::1", "10.0.0.1",
        "localhost,evil.example", "1"}) {
    EXPECT_FALSE(accepts_host(host)) << host;
  }
}

TEST_F(HostRulesTest, ListedHostsAndBoundAddressesAreRightToo) {
  options_.allowed_hosts = {"shop.example", "other.example:8080"};
  options_.bound_addresses = {"127.0.0.1"};
  EXPECT_TRUE(accepts_host("shop.example"));
  EXPECT_TRUE(accepts_host("Shop.example:3000"));
  EXPECT_TRUE(accepts_host("other.example:8080"));
  EXPECT_FALSE(accepts_host("other.example:9090"));
}

TEST_F(HostRulesTest, BoundElsewhereAnyHostIsRightUntilSomeAreListed) {
  options_.loopback_only = false;
  EXPECT_TRUE(accepts_host("anything.example"));
  EXPECT_FALSE(accepts_host("bad host"));
  options_.allowed_hosts = {"shop.example"};
  EXPECT_TRUE(accepts_host("shop.example"));
  EXPECT_FALSE(accepts_host("anything.example"));
  EXPECT_FALSE(accepts_host("localhost"));
}

TEST_F(HostRulesTest, Http10NeedsNoHost) {
  EXPECT_TRUE(accepts_host("-", false));
  EXPECT_FALSE(accepts_host("-", true));
}

TEST_F(HostRulesTest, AbsoluteTargetOverridesTheHostHeader) {
  RequestBuilder request(Method::kGet, "http://evil.example/x", {{"Host", "localhost"}});
  EXPECT_TRUE(HostRules(options_).check_host(request.view(), false));
}

TEST_F(HostRulesTest, SaysWhatToDo) {
  RequestBuilder request(Method::kGet, "/", {{"Host", "evil.example"}});
  EXPECT_EQ(HostRules(options_).check_host(request.view(), false)->message,
            "Host: \"evil.example\" is not served here; use a loopback name, or list the host in "
            "allowed_hosts");
}

TEST_F(HostRulesTest, AForeignPageMayNotChangeAnything) {
  EXPECT_TRUE(accepts(Method::kPost, {}));
  EXPECT_TRUE(accepts(Method::kPost, {{"Origin", "http://localhost:3000"}}));
  EXPECT_TRUE(accepts(Method::kGet, {{"Origin", "https://evil.example"}}));
  EXPECT_TRUE(accepts(Method::kPost, {{"Sec-Fetch-Site", "same-origin"}}));
  for (const Method m : {Method::kPost, Method::kPut, Method::kPatch, Method::kDelete}) {
    EXPECT_FALSE(accepts(m, {{"Origin", "https://evil.example"}}));
    EXPECT_FALSE(accepts(m, {{"Origin", "null"}}));
    EXPECT_FALSE(accepts(m, {{"Sec-Fetch-Site", "cross-site"}}));
  }
  EXPECT_FALSE(accepts(Method::kPost, {{"Origin", "https://localhost:3000"}}));
  EXPECT_TRUE(accepts(Method::kPost, {{"Origin", "https://localhost:3000"}}, true));
  EXPECT_FALSE(accepts(Method::kPost, {{"Origin", "http://localhost:3001"}}));
}

TEST_F(HostRulesTest, AListedOriginMay) {
  options_.allowed_origins = {"https://shop.example"};
  EXPECT_TRUE(accepts(Method::kPost,
                      {{"Origin", "https://shop.example"}, {"Sec-Fetch-Site", "cross-site"}}));
}

TEST_F(HostRulesTest, ASocketIsOpenedByItsOwnPageOrNoPage) {
  EXPECT_TRUE(accepts_socket({}));
  EXPECT_TRUE(accepts_socket({{"Origin", "http://localhost:3000"}}));
  EXPECT_FALSE(accepts_socket({{"Origin", "null"}}));
  EXPECT_FALSE(accepts_socket({{"Origin", "http://evil.example"}}));
  EXPECT_FALSE(accepts_socket({{"Origin", ""}}));
  options_.allowed_origins = {"http://evil.example"};
  EXPECT_TRUE(accepts_socket({{"Origin", "http://evil.example"}}));
}

// Scheme, host and port are compared, not how they are written.
TEST_F(HostRulesTest, AnOriginIsItsSchemeHostAndPort) {
  struct Case {
    const char *host, *origin;
    bool https, same;
  };
  const Case cases[] = {
      {"localhost:80", "http://localhost", false, true},
      {"localhost", "http://localhost:80", false, true},
      {"localhost:", "http://LOCALHOST", false, true},
      {"localhost:443", "https://localhost", true, true},
      {"localhost", "https://localhost:443", true, true},
      {"LocalHost:3000", "HTTP://localhost:3000", false, true},
      {"[::1]:80", "http://[::1]", false, true},
      {"[0:0:0:0:0:0:0:1]:3000", "http://[::1]:3000", false, true},
      {"[::ABCD]", "http://[::abcd]", false, true},
      {"localhost:80", "https://localhost", false, false},
      {"localhost:443", "http://localhost", false, false},
      {"localhost:80", "https://localhost", true, false},
      {"localhost", "http://localhost:443", false, false},
      {"localhost", "http://localhost/", false, false},
      {"localhost", "http://user@localhost", false, false},
      {"localhost", "//localhost", false, false},
      {"localhost", "localhost", false, false},
      {"localhost", "http://127.0.0.1", false, false},
      {"[::1]", "http://[::2]", false, false},
      {"127.0.0.1", "http://[::ffff:127.0.0.1]", false, false},
  };
  for (const Case& at : cases) {
    EXPECT_EQ(accepts(Method::kPost, {{"Origin", at.origin}}, at.https, at.host), at.same)
        << at.host << " " << at.origin;
    RequestBuilder request(Method::kGet, "/ws", {{"Origin", at.origin}, {"Host", at.host}});
    EXPECT_EQ(!HostRules(options_).check_socket_origin(request.view(), at.https), at.same)
        << at.host << " " << at.origin;
  }
}

TEST_F(HostRulesTest, AListedOriginIsFoundHoweverItIsWritten) {
  options_.allowed_origins = {"https://Shop.example:443", "http://[0::1]:8080", "app://x"};
  for (const char* origin :
       {"https://shop.example", "https://SHOP.example:443", "http://[::1]:8080", "app://x"}) {
    EXPECT_TRUE(accepts(Method::kPost, {{"Origin", origin}})) << origin;
    EXPECT_TRUE(accepts_socket({{"Origin", origin}})) << origin;
  }
  for (const char* origin :
       {"http://shop.example", "https://shop.example:444", "http://[::1]", "app://y"}) {
    EXPECT_FALSE(accepts(Method::kPost, {{"Origin", origin}})) << origin;
    EXPECT_FALSE(accepts_socket({{"Origin", origin}})) << origin;
  }
}

TEST_F(HostRulesTest, AHostIsFoundHoweverItIsWritten) {
  options_.loopback_only = true;
  options_.bound_addresses = {"[fe80::1]"};
  options_.allowed_hosts = {"shop.example:80", "[2001:db8::1]"};
  EXPECT_TRUE(accepts_host("[FE80:0::1]:3000"));
  EXPECT_TRUE(accepts_host("shop.example"));
  EXPECT_TRUE(accepts_host("shop.example:80"));
  EXPECT_FALSE(accepts_host("shop.example:81"));
  EXPECT_TRUE(accepts_host("[2001:DB8:0::1]:9"));
  RequestBuilder request(Method::kGet, "/", {{"Host", "shop.example"}});
  HostRules rules(options_);
  EXPECT_FALSE(rules.check_host(request.view(), false));
  EXPECT_TRUE(rules.check_host(request.view(), true)) << "that is port 443";
}

}  // namespace
}  // namespace composable::host
