// One HTTP request to a command route, from its wait to its answer. [serial]
#pragma once
#include <memory>

#include "domain/domain_handle.hpp"
#include "store/waiter.hpp"

namespace composable::host {

class RouteCall final : public Waiter {
 public:
  // `domain` holds the generation that serves when the answer is made. It and the reply stay until
  // then.
  void begin(const std::shared_ptr<DomainHandle>& domain, std::uint32_t route, RouteReply& reply) {
    domain_ = &domain;
    route_ = route;
    reply_ = &reply;
  }
  void ended(const Outcome& outcome) noexcept override;

  // Answers a read route at once.
  static void read(const DomainHandle& domain, std::uint32_t route,
                   const composable_request& request, RouteReply& reply) noexcept;

  RouteCall* next_free = nullptr;  // the store keeps ended calls for the next request
  RouteCall** free_list = nullptr;

 private:
  const std::shared_ptr<DomainHandle>* domain_ = nullptr;
  std::uint32_t route_ = 0;
  RouteReply* reply_ = nullptr;
};

// What a plugin call that failed looks like to a client; `where` is the function, for the log.
Refusal refusal_of(const CallError& error, std::string_view where);

}  // namespace composable::host
