// The host's HTTP stack alone, one loop, with a constant answer in the stores' place: what is left
// between it and the floor is ours, and what the whole host adds to it is the stores'.
//
//   http_stack --port 9001        GET /api/v1/bench/hello, POST /api/v1/bench/hello
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "domain/domain_tables.hpp"
#include "net/server.hpp"

namespace composable::host {
namespace {

class Healthy final : public HealthSource {
 public:
  Readiness readiness() override { return Readiness::kReady; }
  HealthReport report() override { return {}; }
};

class Constant final : public RouteHandler {
 public:
  void call(const RouteTarget&, const composable_request&, const Caller&,
            RouteReply& reply) override {
    static constexpr std::string_view kBody =
        R"({"order_id":"order-1","status":"placed","total_cents":12345678})";
    composable_response& response = reply.response();
    response.body(&response, kBody.data(), kBody.size());
    reply.finish();
  }
};

absl::Status serve(std::uint16_t port) {
  Healthy health;
  Constant handler;
  SystemClock clock;
  SystemRng rng;
  ServerParts parts;
  parts.handler = &handler;
  parts.health = &health;
  parts.clock = &clock;
  parts.rng = &rng;
  Server server(std::move(parts), {}, 1);
  RouteTable::Builder routes;
  for (const std::uint32_t method : {COMPOSABLE_METHOD_GET, COMPOSABLE_METHOD_POST}) {
    RouteType route;
    route.kind = method == COMPOSABLE_METHOD_GET ? COMPOSABLE_ROUTE_READ : COMPOSABLE_ROUTE_COMMAND;
    route.method = method;
    route.pattern = "/hello";
    if (absl::Status status = routes.add("bench", route, "", nullptr); !status.ok()) return status;
  }
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  server.start();
  server.set_routes(std::move(routes).build());
  if (absl::Status status = server.listen({{"127.0.0.1", port}}); !status.ok()) return status;
  int signal = 0;
  sigwait(&stop, &signal);
  server.drain(0, 1000);
  server.stop();
  return absl::OkStatus();
}

}  // namespace
}  // namespace composable::host

int main(int argc, char** argv) {
  const bool named = argc == 3 && std::string_view(argv[1]) == "--port";
  const auto port = static_cast<std::uint16_t>(named ? std::atoi(argv[2]) : 9001);
  const absl::Status status = composable::host::serve(port);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
