// A RouteCall answers one HTTP request, from its call to its reply. [serial]
#pragma once
#include <memory>
#include <optional>

#include "domain/domain_handle.hpp"
#include "events/event_store.hpp"
#include "store/waiter.hpp"

namespace composable::host {

class RouteCall final : public Waiter {
 public:
  // `domain` holds the generation that serves when the answer is rendered. It and the reply stay
  // until ended().
  // `log` is that of a durable domain, or null.
  void begin(const std::shared_ptr<DomainHandle>& domain, std::uint32_t route, RouteReply& reply,
             const EventStore* log) {
    domain_ = &domain;
    route_ = route;
    reply_ = &reply;
    log_ = log;
    reads_ = false;
    failure_.reset();
  }
  // Of a read route: renders its answer, which ended() then sends.
  void read(const composable_request& request) noexcept;

  void render(const Outcome& outcome) noexcept override;
  bool reads_state() const noexcept override { return true; }
  void ended(const Outcome& outcome) noexcept override;

  RouteCall* next_free = nullptr;  // the store keeps ended calls for the next request
  RouteCall** free_list = nullptr;

 private:
  void check_response(std::string_view where) noexcept;

  const std::shared_ptr<DomainHandle>* domain_ = nullptr;
  std::uint32_t route_ = 0;
  RouteReply* reply_ = nullptr;
  const EventStore* log_ = nullptr;
  bool reads_ = false;
  std::optional<Refusal> failure_;  // of the rendering
};

// What a plugin call that failed looks like to a client; `where` is the function, for the log.
Refusal refusal_of(const CallError& error, std::string_view where);

}  // namespace composable::host
