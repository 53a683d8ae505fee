// An Exchange is one request and its answer in progress: a session hands it to a router, and the
// store answers through it. Each connection has one, reused for each request.
//
// While the answer is pending it belongs to the code that answers, on any thread; before and
// after, to the session's loop.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "http/client_address.hpp"
#include "http/failure_log.hpp"
#include "http/request_view.hpp"
#include "http/response_writer.hpp"
#include "http/route_table.hpp"
#include "http/websocket_upgrade.hpp"
#include "runtime/uuid.hpp"
#include "store/waiter.hpp"

namespace composable::host {

// Called once per request when its answer has ended; on any thread, maybe before the call that
// started it returns.
class AnswerListener {
 public:
  virtual ~AnswerListener() = default;
  virtual void answered() noexcept = 0;
};

// What a router has decided from a request's head. `page` is a number of the router's own.
struct RequestPlan {
  std::uint32_t page = 0;
  const RouteTarget* target = nullptr;
  LocalRouteTable table;  // keeps the target while the request is answered
  std::size_t body_limit = 0;
  std::optional<UpgradeRequest> upgrade;  // the session hands the socket over
  // Decided without the body. The session still reads a body of up to body_limit, then answers.
  std::optional<Refusal> refusal;

  void reset() {
    page = 0;
    target = nullptr;
    table.reset();
    upgrade.reset();
    refusal.reset();
  }
};

class Exchange final : public RouteReply {
 public:
  explicit Exchange(AnswerListener& listener) : listener_(&listener) {}

  RequestView request;
  ResponseWriter writer;
  RequestPlan plan;
  Uuid correlation;
  std::int64_t now_us = 0;     // Unix time of the plan; 0 when the request has waited since
  IpAddress peer;              // the socket's
  bool peer_is_local = false;  // a Unix socket: no address
  FailureLog* log = nullptr;

  void reset();  // before a request; `peer` and `log` stay

  // RouteReply. [any]
  composable_response& response() noexcept override {
    writer.clear_answer();
    return writer.abi();
  }
  std::string_view response_fault() const noexcept override { return writer.fault(); }
  void rests_on(const Uuid& epoch, std::uint64_t position) noexcept override;
  void finish() noexcept override;
  void refuse(const Refusal& refusal) noexcept override;

  // Writes an error as the answer without ending it: for the session, which has the connection
  // already.
  void write_refusal(const Refusal& refusal);

 private:
  void report(std::uint32_t status, std::string_view code, std::string_view detail) noexcept;

  AnswerListener* listener_;
};

// Decides what a request is and answers it. One per loop and listener kind; [loop] only.
class Router {
 public:
  virtual ~Router() = default;
  // The head is complete, the body is not: fills plan, correlation and the host's headers.
  virtual void plan(Exchange& exchange) = 0;
  // The request is complete and the plan has neither refusal nor upgrade. Ends the answer exactly
  // once, now or later, on any thread.
  virtual void serve(Exchange& exchange) = 0;
};

}  // namespace composable::host
