#include "http/route_table.hpp"

#include <gtest/gtest.h>

#include "domain/domain_tables.hpp"

namespace composable::host {
namespace {

RouteType route(std::uint32_t number, Method method, std::string pattern,
                std::uint32_t kind = COMPOSABLE_ROUTE_COMMAND) {
  RouteType type;
  type.number = number;
  type.kind = kind;
  type.method = static_cast<std::uint32_t>(method);
  type.pattern = std::move(pattern);
  return type;
}

std::shared_ptr<const RouteTable> orders() {
  RouteTable::Builder builder;
  EXPECT_TRUE(builder.add("orders", route(0, Method::kPost, ""), "PlaceOrder", nullptr).ok());
  EXPECT_TRUE(
      builder.add("orders", route(1, Method::kGet, "/:id", COMPOSABLE_ROUTE_READ), "", nullptr)
          .ok());
  EXPECT_TRUE(
      builder.add("orders", route(2, Method::kPost, "/:id/ship"), "ShipOrder", nullptr).ok());
  EXPECT_TRUE(
      builder.add("orders", route(3, Method::kGet, "/stats", COMPOSABLE_ROUTE_READ), "", nullptr)
          .ok());
  EXPECT_TRUE(builder
                  .add("orders", route(4, Method::kGet, "/:id/items/:item", COMPOSABLE_ROUTE_READ),
                       "", nullptr)
                  .ok());
  EXPECT_TRUE(builder
                  .add("orders", route(5, Method::kGet, "/stats/today/x", COMPOSABLE_ROUTE_READ),
                       "", nullptr)
                  .ok());
  return std::move(builder).build();
}

int found(const RouteTable& table, Method method, std::string_view path) {
  const auto match = table.lookup(method, path);
  return match.target == nullptr ? -1 : static_cast<int>(match.target->number);
}

TEST(RouteTableTest, FindsRoutesUnderTheMount) {
  const auto table = orders();
  EXPECT_EQ(found(*table, Method::kPost, "/api/v1/orders"), 0);
  EXPECT_EQ(found(*table, Method::kGet, "/api/v1/orders/order-1"), 1);
  EXPECT_EQ(found(*table, Method::kPost, "/api/v1/orders/order-1/ship"), 2);
  EXPECT_EQ(found(*table, Method::kHead, "/api/v1/orders/order-1"), 1);
}

TEST(RouteTableTest, LiteralBeatsParameter) {
  EXPECT_EQ(found(*orders(), Method::kGet, "/api/v1/orders/stats"), 3);
}

TEST(RouteTableTest, FallsBackToTheParameterWhenTheLiteralLeadsNowhere) {
  const auto table = orders();
  const auto match = table->lookup(Method::kGet, "/api/v1/orders/stats/items/7");
  ASSERT_NE(match.target, nullptr);
  EXPECT_EQ(match.target->number, 4u);
  ASSERT_EQ(match.params().size(), 2u);
  EXPECT_EQ(match.params()[0], "stats");
  EXPECT_EQ(match.params()[1], "7");
  EXPECT_EQ(match.target->params, (std::vector<std::string>{"id", "item"}));
}

TEST(RouteTableTest, FindsNothingElse) {
  const auto table = orders();
  for (const char* path :
       {"", "/", "/api/v1/orders/", "/api/v1/order", "/api/v1/ordersx", "/api/v1/orders//ship",
        "/api/v1/orders/order-1/ship/", "/api/v1/orders/order-1/ship/x", "api/v1/orders",
        "/API/v1/orders", "/api/v1//orders", "//api/v1/orders"}) {
    EXPECT_EQ(table->lookup(Method::kGet, path).allowed, 0u) << path;
  }
}

TEST(RouteTableTest, TellsWhichMethodsAPathHas) {
  const auto table = orders();
  const auto match = table->lookup(Method::kDelete, "/api/v1/orders/order-1");
  EXPECT_EQ(match.target, nullptr);
  EXPECT_EQ(allow_text(match.allowed), "GET, HEAD, OPTIONS");
  EXPECT_EQ(allow_text(table->lookup(Method::kGet, "/api/v1/orders").allowed), "POST, OPTIONS");
}

TEST(RouteTableTest, KnowsItsDomains) {
  EXPECT_TRUE(orders()->has_domain("orders"));
  EXPECT_FALSE(orders()->has_domain("order"));
}

std::string fault(std::string_view domain, RouteType type) {
  RouteTable::Builder builder;
  return std::string(builder.add(domain, type, "Do", nullptr).message());
}

TEST(RouteTableTest, KnowsWhatIsBelowTheMountOfADomainThatIsAway) {
  RouteTable::Builder builder;
  builder.set_unavailable({{"mail", "its plugin could not be loaded", "mail.so: not a plugin"}});
  const auto table = std::move(builder).build();
  for (const char* path :
       {"/api/v1/mail", "/api/v1/mail/", "/api/v1/mail/1/send", "/api/v1/mail/ws"}) {
    const UnavailableDomain* domain = table->unavailable_domain(path);
    ASSERT_NE(domain, nullptr) << path;
    const Refusal refusal = domain_unavailable(*domain);
    EXPECT_EQ(refusal.status, 503);
    EXPECT_EQ(refusal.retry_after_s, 10u);
    EXPECT_EQ(refusal.message, "The domain mail is not served now: its plugin could not be loaded");
    EXPECT_EQ(refusal.detail, "mail.so: not a plugin");
  }
  for (const char* path : {"/api/v1/mails", "/api/v1/mai", "/api/v1/", "/mail", "/api/v1", ""}) {
    EXPECT_EQ(table->unavailable_domain(path), nullptr) << path;
  }
}

TEST(RouteTableTest, NamesBothSidesOfACollision) {
  RouteTable::Builder builder;
  ASSERT_TRUE(builder.add("counter", route(0, Method::kPost, "/x"), "Increment", nullptr).ok());
  EXPECT_EQ(builder.add("counter", route(1, Method::kPost, "/x"), "Decrement", nullptr).message(),
            "counter: POST /api/v1/counter/x is already served by counter.Increment");
  ASSERT_TRUE(
      builder.add("counter", route(2, Method::kGet, "/:a", COMPOSABLE_ROUTE_READ), "", nullptr)
          .ok());
  EXPECT_EQ(
      builder.add("counter", route(3, Method::kGet, "/:b", COMPOSABLE_ROUTE_READ), "", nullptr)
          .message(),
      "counter: GET /api/v1/counter/:b is already served by counter");
  EXPECT_EQ(found(*std::move(builder).build(), Method::kPost, "/api/v1/counter/x"), 0);
}

TEST(RouteTableTest, KeepsTheHostsPathsForTheHost) {
  EXPECT_EQ(fault("orders", route(0, Method::kGet, "/ws")),
            "orders: GET /api/v1/orders/ws is reserved by the host; choose another pattern");
  EXPECT_EQ(fault("ws", route(0, Method::kPost, "")),
            "ws: POST /api/v1/ws is reserved by the host; choose another pattern");
}

TEST(RouteTableTest, SaysWhatIsWrongWithAPattern) {
  const auto bad = [](std::string pattern) {
    return fault("orders", route(0, Method::kGet, pattern));
  };
  EXPECT_EQ(bad("/"),
            "orders: pattern \"/api/v1/orders/\" ends in a slash, which no request can reach");
  EXPECT_EQ(bad("/a//b"), "orders: pattern \"/api/v1/orders/a//b\" has an empty segment");
  EXPECT_EQ(bad("/:id/:id"),
            "orders: pattern \"/api/v1/orders/:id/:id\" names the parameter :id twice");
  EXPECT_EQ(bad("/a b"),
            "orders: pattern \"/api/v1/orders/a b\" has the segment \"a b\"; a literal has "
            "letters, digits and -_.~, a parameter is :name");
  EXPECT_EQ(bad("/:a/:b/:c/:d/:e/:f/:g/:h/:i"),
            "orders: pattern \"/api/v1/orders/:a/:b/:c/:d/:e/:f/:g/:h/:i\" has 9 parameters; at "
            "most 8 are possible");
  EXPECT_EQ(bad("/:a/:b/:c/:d/:e/:f/:g/:h"), "");
}

TEST(RouteTableTest, PagesOfTheHostMayUseReservedPaths) {
  RouteTable::Builder builder;
  ASSERT_TRUE(builder.add_page(Method::kGet, "/_composable/domains/:name", "admin", 7).ok());
  const auto table = std::move(builder).build();
  EXPECT_EQ(found(*table, Method::kGet, "/_composable/domains/orders"), 7);
}

}  // namespace
}  // namespace composable::host
