// RouteRequests makes HTTP requests as the host hands them to a domain's routes, and calls the
// routes. One thread.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "verify/domain_driver.hpp"
#include "verify/json_generator.hpp"

namespace composable::host {

struct Request {
  std::string path, body;
  std::map<std::string, std::string, std::less<>> parameters;
};

// An answer, or why there is none.
struct Reply {
  composable_status status = COMPOSABLE_OK;
  CallError error;
  std::uint32_t http_status = 200;
  std::string headers, body;

  std::string text() const;
};

// The result of to_action.
struct Reading {
  composable_status status = COMPOSABLE_OK;
  CallError error;
  std::vector<Command> sent;
};

class RouteRequests {
 public:
  // All three outlive it.
  RouteRequests(PluginUnderTest& tested, const DomainHandle& domain, JsonGenerator& payloads)
      : tested_(tested), domain_(domain), payloads_(payloads) {}

  std::string what(std::string_view function, const RouteType& route) const;  // `read of GET /:id`

  // One that fits the route, as far as its pattern and its command's schema say. The body has no
  // field that a parameter gives, nor any of `given`, by its own name or as `order_id` of `:id`.
  Request make(const RouteType& route, const std::vector<std::string>& given = {}) const;

  Reading to_action(const RouteType& route, const Request& request) const;
  // Of `driven`, whose state it reads; the same with the next.
  Reply read(const DomainHandle& driven, const RouteType& route, const Request& request) const;
  // Answers with an event that ended the wait; null: the cause has settled.
  Reply to_response(const DomainHandle& driven, const RouteType& route,
                    const EmittedEvent* outcome) const;

 private:
  PluginUnderTest& tested_;
  const DomainHandle& domain_;
  JsonGenerator& payloads_;
};

}  // namespace composable::host
