// Requests takes work from outside: HTTP requests, commands, readers. What comes while the domain
// is busy waits in its mailbox, up to a bound. Any thread, except where marked.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "store/pipeline.hpp"
#include "store/queued_requests.hpp"
#include "store/route_call.hpp"
#include "store/serial_section.hpp"
#include "store/store.hpp"

namespace composable::host {

class Requests {
 public:
  // What it works with; all outlive it.
  struct Dependencies {
    SerialSection& section;
    const StoreOptions& options;
    const StoreStatus& status;
    const ServingState& serving;
    Pipeline& pipeline;
    OutputCommit& output;
    const Recovery& recovery;
    Causes& causes;
    Waits& waits;
    MetricCells& cells;
    Clock& clock;
    const EventStore* log;  // null: of an ephemeral domain
  };
  explicit Requests(const Dependencies& dependencies) : deps_(dependencies) {}

  // As Store::call, send and read.
  void call(std::uint32_t route, const composable_request& request, const Caller& caller,
            RouteReply& reply);
  void send(const composable_action& command, const Caller& caller, const Wait& wait);
  void read(absl::AnyInvocable<void(const DomainHandle&)> reader);

  // [serial] What waits while the domain is paused ends with 504 when its time is over.
  void expire_queued(std::int64_t now) { queued_.expire(now); }
  void refuse_queued(const Refusal& refusal) { queued_.refuse_all(refusal); }

 private:
  std::unique_ptr<QueuedRequests::Entry> queue(RouteReply* reply, Waiter* waiter,
                                               std::uint32_t timeout_ms);
  // [any] Whether a request is taken at all; [serial] whether it can be decided, or read, now. Each
  // is asked of every request; why not, only when it cannot.
  bool can_take() const;
  bool can_decide() const;
  bool can_read() const;
  Refusal why_not_take() const;
  Refusal why_not_decide() const;
  Refusal why_not_read() const;
  RouteCall& new_call();  // [serial]
  void call_inside(std::uint32_t route, const composable_request& request, const Caller& caller,
                   RouteReply& reply) STORE_SERIAL;
  void read_route(const RouteType& route, const composable_request& request,
                  RouteReply& reply) STORE_SERIAL;
  void route_command(const RouteType& route, const composable_request& request,
                     const Caller& caller, RouteReply& reply) STORE_SERIAL;
  void send_inside(const composable_action& command, const Caller& caller,
                   const Wait& wait) STORE_SERIAL;

  const Dependencies deps_;
  QueuedRequests queued_;
  std::vector<std::unique_ptr<RouteCall>> call_memory_ STORE_GUARDED;
  RouteCall* free_calls_ STORE_GUARDED = nullptr;
};

}  // namespace composable::host
