#include "http/public_router.hpp"

#include <gtest/gtest.h>

#include "domain/domain_tables.hpp"
#include "http/request_builder.hpp"

namespace composable::host {
namespace {

class FakeHealth final : public HealthSource {
 public:
  Readiness readiness() override { return now; }
  HealthReport report() override { return health; }

  Readiness now = Readiness::kReady;
  HealthReport health;
};

class FakeHandler final : public RouteHandler {
 public:
  void call(const RouteTarget& target, const composable_request&, const Caller& caller,
            RouteReply& reply) override {
    seen = target.pattern;
    // What was rendered on a state that did not become durable is gone when it begins anew.
    composable_response& lost = reply.response();
    lost.status(&lost, 418);
    lost.body(&lost, "lost", 4);
    composable_response& response = reply.response();
    response.header(&response, {"Location", 8}, {"order-1", 7});
    correlation = caller.correlation;
    response.body(&response, "{}", 2);
    reply.finish();
  }

  std::string seen;
  Uuid correlation;
};

class PublicRouterTest : public testing::Test, public AnswerListener {
 protected:
  PublicRouterTest() {
    RouteTable::Builder builder;
    RouteType place{
        .number = 0, .kind = COMPOSABLE_ROUTE_COMMAND, .method = COMPOSABLE_METHOD_POST};
    RouteType show{.number = 1,
                   .kind = COMPOSABLE_ROUTE_READ,
                   .method = COMPOSABLE_METHOD_GET,
                   .pattern = "/:id"};
    RouteType big = place;
    big.pattern = "/import";
    big.max_body = 77;
    EXPECT_TRUE(builder.add("orders", place, "PlaceOrder", nullptr).ok());
    EXPECT_TRUE(builder.add("orders", show, "", nullptr).ok());
    EXPECT_TRUE(builder.add("orders", big, "Import", nullptr).ok());
    router_ = std::make_unique<PublicRouter>(
        PublicRouterParts{&options_, &handler_, &health_, &clock_, &rng_},
        std::move(builder).build());
  }

  void answered() noexcept override { ++answers_; }

  // "status body", or "upgrade domain".
  std::string ask(Method method, std::string target, RequestBuilder::Headers headers = {},
                  std::string body = "") {
    headers.push_back({"Host", host_});
    std::string text(method_name(method));
    RequestView& view = exchange_.request;
    exchange_.reset();
    const auto slice = [&](std::size_t at, std::size_t n) {
      return RequestView::Slice{static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(n)};
    };
    text += target;
    view.set_request_line(method, slice(0, text.size() - target.size()),
                          slice(text.size() - target.size(), target.size()), true);
    for (const auto& [name, value] : headers) {
      view.add_header(slice(text.size(), name.size()), name.front(),
                      slice(text.size() + name.size(), value.size()));
      text += name + value;
    }
    text_ = text;
    first_byte_ = text_.data();
    view.follow(first_byte_);
    view.set_body_kind(body.empty() ? BodyKind::kNone : BodyKind::kOfKnownLength);
    answers_ = 0;
    router_->plan(exchange_);
    body_ = body;
    view.set_body(body_);
    if (exchange_.plan.upgrade) return "upgrade " + std::string(exchange_.plan.upgrade->domain);
    if (exchange_.plan.refusal) {
      exchange_.refuse(*exchange_.plan.refusal);
    } else {
      router_->serve(exchange_);
    }
    EXPECT_EQ(answers_, 1);
    head_.clear();
    exchange_.writer.write({}, head_);
    return std::to_string(exchange_.writer.status()) + " " + exchange_.writer.body();
  }

  HttpOptions options_;
  FakeHealth health_;
  FakeHandler handler_;
  SystemClock clock_;
  SystemRng rng_;
  std::unique_ptr<PublicRouter> router_;
  Exchange exchange_{*this};
  const char* first_byte_ = nullptr;
  std::string host_ = "localhost", text_, body_, head_;
  int answers_ = 0;
};

TEST_F(PublicRouterTest, HandsARouteToItsDomain) {
  EXPECT_EQ(ask(Method::kGet, "/api/v1/orders/order-1"), "200 {}");
  EXPECT_EQ(handler_.seen, "/api/v1/orders/:id");
  EXPECT_EQ(handler_.correlation, exchange_.correlation);
}

TEST_F(PublicRouterTest, TellsHealth) {
  health_.health.domains = {{"orders", HealthLevel::kHealthy}};
  EXPECT_EQ(ask(Method::kGet, "/health"), R"(200 {"status":"ok","domains":{"orders":"healthy"}})");
  health_.health.overall = HealthLevel::kUnhealthy;
  EXPECT_EQ(ask(Method::kGet, "/health").substr(0, 3), "503");
  EXPECT_EQ(ask(Method::kGet, "/health/live"), R"(200 {"status":"ok"})");
  EXPECT_EQ(ask(Method::kGet, "/health/ready"), R"(200 {"status":"ready"})");
  EXPECT_EQ(ask(Method::kPost, "/health").substr(0, 3), "405");
  EXPECT_EQ(ask(Method::kGet, "/health/x").substr(0, 3), "404");
}

TEST_F(PublicRouterTest, ServesOnlyHostsThatAreRight) {
  host_ = "evil.example";
  EXPECT_EQ(ask(Method::kGet, "/api/v1/orders/order-1").substr(0, 3), "400");
  EXPECT_EQ(ask(Method::kGet, "/ws").substr(0, 3), "400");
  EXPECT_EQ(ask(Method::kGet, "/health/live").substr(0, 3), "200");
}

TEST_F(PublicRouterTest, SaysWhetherItIsReadyAndLeavesRoutesToTheirDomains) {
  health_.now = Readiness::kStarting;
  EXPECT_EQ(ask(Method::kGet, "/health/live").substr(0, 3), "200");
  EXPECT_EQ(ask(Method::kGet, "/health/ready").substr(0, 3), "503");
  EXPECT_NE(head_.find("Retry-After: 1\r\n"), head_.npos);
  EXPECT_EQ(ask(Method::kGet, "/api/v1/orders/x").substr(0, 3), "200");
  health_.now = Readiness::kDraining;
  EXPECT_EQ(ask(Method::kGet, "/health/ready").substr(0, 3), "503");
  EXPECT_EQ(ask(Method::kGet, "/api/v1/orders/x").substr(0, 3), "200");
}

TEST_F(PublicRouterTest, KnowsTheWebsocketPaths) {
  const RequestBuilder::Headers handshake = {{"Upgrade", "websocket"},
                                             {"Connection", "Upgrade"},
                                             {"Sec-WebSocket-Version", "13"},
                                             {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  EXPECT_EQ(ask(Method::kGet, "/ws", handshake), "upgrade ");
  EXPECT_EQ(ask(Method::kGet, "/api/v1/ws", handshake), "upgrade ");
  EXPECT_EQ(ask(Method::kGet, "/api/v1/orders/ws", handshake), "upgrade orders");
  EXPECT_EQ(ask(Method::kGet, "/api/v1/nothing/ws", handshake).substr(0, 3), "404");
  EXPECT_EQ(ask(Method::kGet, "/ws").substr(0, 3), "426");
  auto foreign = handshake;
  foreign.push_back({"Origin", "https://evil.example"});
  EXPECT_EQ(ask(Method::kGet, "/ws", foreign).substr(0, 3), "403");
  health_.now = Readiness::kDraining;
  EXPECT_EQ(ask(Method::kGet, "/ws", handshake).substr(0, 3), "503");
}

TEST_F(PublicRouterTest, RefusesWithWhatWouldHelp) {
  const auto message = [&](std::string text) {
    const std::size_t from = text.find("\"message\":\"") + 11;
    return text.substr(0, 4) + text.substr(from, text.find("\",\"correlation_id\"") - from);
  };
  EXPECT_EQ(message(ask(Method::kGet, "/api/v1/orders/x/y")),
            "404 /api/v1/orders/x/y: no such path");
  EXPECT_EQ(message(ask(Method::kDelete, "/api/v1/orders")),
            "405 /api/v1/orders: DELETE is not served here; use POST, OPTIONS");
  EXPECT_NE(head_.find("Allow: POST, OPTIONS\r\n"), head_.npos);
  EXPECT_EQ(message(ask(Method::kPost, "/api/v1/orders", {}, "{}")),
            "415 Content-Type: missing; send the body as application/json");
  EXPECT_EQ(message(ask(Method::kPost, "/api/v1/orders")),
            "400 body: empty; send a JSON object as application/json");
  EXPECT_EQ(ask(Method::kPost, "/api/v1/orders",
                {{"Origin", "https://evil.example"}, {"Content-Type", "application/json"}}, "{}")
                .substr(0, 3),
            "403");
  EXPECT_EQ(ask(Method::kUnknown, "/api/v1/orders").substr(0, 3), "501");
}

TEST_F(PublicRouterTest, TakesTheRoutesBodyLimit) {
  ask(Method::kPost, "/api/v1/orders/import", {{"Content-Type", "application/json"}}, "{}");
  EXPECT_EQ(exchange_.plan.body_limit, 77u);
  ask(Method::kPost, "/api/v1/orders", {{"Content-Type", "application/json"}}, "{}");
  EXPECT_EQ(exchange_.plan.body_limit, 1024u * 1024u);
}

TEST_F(PublicRouterTest, AnswersOptions) {
  EXPECT_EQ(ask(Method::kOptions, "/api/v1/orders"), "204 ");
  EXPECT_NE(head_.find("Allow: POST, OPTIONS\r\n"), head_.npos);
  EXPECT_EQ(ask(Method::kOptions, "*"), "204 ");
  EXPECT_EQ(ask(Method::kOptions, "/nothing").substr(0, 3), "404");
}

TEST_F(PublicRouterTest, PutsCorsHeadersOnErrorsAndPreflightsBeforeEverything) {
  options_.allowed_origins = {"https://shop.example"};
  EXPECT_EQ(ask(Method::kGet, "/nothing", {{"Origin", "https://shop.example"}}).substr(0, 3),
            "404");
  EXPECT_NE(head_.find("Access-Control-Allow-Origin: https://shop.example\r\n"), head_.npos);
  EXPECT_EQ(ask(Method::kOptions, "/api/v1/orders",
                {{"Origin", "https://shop.example"}, {"Access-Control-Request-Method", "POST"}}),
            "204 ");
  EXPECT_NE(head_.find("Access-Control-Allow-Methods"), head_.npos);
}

TEST_F(PublicRouterTest, ANewTableLeavesTheOldOneToItsRequests) {
  ask(Method::kGet, "/api/v1/orders/order-1");
  const LocalRouteTable held = exchange_.plan.table;
  router_->set_table(RouteTable::Builder().build());
  EXPECT_EQ(held->targets().size(), 3u);
  EXPECT_EQ(ask(Method::kGet, "/api/v1/orders/order-1").substr(0, 3), "404");
}

TEST_F(PublicRouterTest, ALocationIsRelativeToTheMountOfTheRoute) {
  ask(Method::kGet, "/api/v1/orders/order-1");
  EXPECT_NE(head_.find("Location: /api/v1/orders/order-1\r\n"), head_.npos) << head_;
}

TEST_F(PublicRouterTest, MetricsAreThereOnlyWhenTheyAreGiven) {
  EXPECT_EQ(ask(Method::kGet, "/metrics").substr(0, 3), "404");
  router_ = std::make_unique<PublicRouter>(
      PublicRouterParts{&options_, &handler_, &health_, &clock_, &rng_, [] { return "up 1\n"; }},
      RouteTable::Builder().build());
  EXPECT_EQ(ask(Method::kGet, "/metrics"), "200 up 1\n");
  EXPECT_EQ(ask(Method::kHead, "/metrics").substr(0, 3), "200");
  EXPECT_EQ(ask(Method::kPost, "/metrics").substr(0, 3), "405");
  EXPECT_EQ(ask(Method::kGet, "/metrics/").substr(0, 3), "404");
  ask(Method::kGet, "/metrics");
  EXPECT_NE(head_.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), head_.npos);
  host_ = "evil.example";
  EXPECT_EQ(ask(Method::kGet, "/metrics").substr(0, 3), "400") << "no probe: the Host counts";
}

}  // namespace
}  // namespace composable::host
