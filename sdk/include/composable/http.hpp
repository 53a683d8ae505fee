// The HTTP side of a route's functions: the request, the response, and the reply of a read. All of
// them are valid for one call, inside the domain's serial section: copy what must last.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "composable/abi/routes.h"
#include "composable/json.hpp"

namespace composable {

// A Request is what the client sent, checked by the host: the host and origin are allowed, the body
// is within the route's bound and, for a command, application/json in UTF-8. All texts are valid
// for the call. An absent one has a null data() and reads as empty. Nothing here fails or throws.
class Request {
 public:
  explicit Request(const composable_request& request) : request_(request) {}

  // The path as it was sent, percent-encoded, without the query.
  std::string_view path() const { return view(request_.path); }
  // The whole body as it was sent.
  std::string_view body() const {
    return {reinterpret_cast<const char*>(request_.body.ptr), request_.body.len};
  }
  // The user that sent the request; empty: unknown.
  std::string_view actor() const { return view(request_.actor); }
  // The percent-decoded value of `:name` in the pattern.
  std::string_view param(std::string_view name) const {
    return view(request_.param(&request_, abi_str(name)));
  }
  // The percent-decoded value of the first parameter of this name; `get<Query>` reads a struct.
  std::string_view query(std::string_view name) const {
    return view(request_.query(&request_, abi_str(name)));
  }
  // The value of the first header of this name, in any case; absent when it is not UTF-8.
  std::string_view header(std::string_view name) const {
    return view(request_.header(&request_, abi_str(name)));
  }

 private:
  const composable_request& request_;
};

// A Response sets status and headers of an answer; its body is what the route's function returns.
// Valid for the call. The host refuses a status outside 200 to 599, a header about the connection,
// control characters, and more than 16 KiB of headers; then the answer is a 500 and the log has the
// reason.
class Response {
 public:
  explicit Response(composable_response& response) : response_(response) {}

  // 200 to 599; of a command route it replaces the status of replies() or settles().
  void status(std::uint32_t code) { check(response_.status(&response_, code)); }
  // Adds a header line; both texts are copied.
  void header(std::string_view name, std::string_view value) {
    check(response_.header(&response_, abi_str(name), abi_str(value)));
  }
  // Sets Location. A relative target is below the domain's mount: `order-1` is sent as
  // /api/v1/orders/order-1.
  void location(std::string_view target) { header("Location", target); }

  // The first refusal of the host, for the glue; COMPOSABLE_OK when there was none.
  composable_status failure() const { return failure_; }

 private:
  void check(composable_status status) {
    if (status < 0 && failure_ == COMPOSABLE_OK) failure_ = status;
  }

  composable_response& response_;
  composable_status failure_ = COMPOSABLE_OK;
};

// The errors of a read: 404 NOT_FOUND and 400 BAD_REQUEST. `message` is for people, and is sent to
// the client: put no secret in it. `path` is the place in the input that the error concerns,
// `limit` or `items[0].quantity`; empty when there is none.
struct NotFound {
  std::string message;
  std::string path{};
};
struct BadRequest {
  std::string message;
  std::string path{};
};

// A Reply is what a read answers: a T, a 404 or a 400. `-> composable::Reply<OrderView>`. Of a
// `Reply<const Order*>` the order is written, not copied; it must be part of the state.
template <class T>
class Reply {
 public:
  Reply(T value) : is_(std::move(value)) {}
  Reply(NotFound why) : is_(std::move(why)) {}
  Reply(BadRequest why) : is_(std::move(why)) {}

  // Exactly one of the three is not null; valid as long as this.
  const T* value() const { return std::get_if<T>(&is_); }
  const NotFound* not_found() const { return std::get_if<NotFound>(&is_); }
  const BadRequest* bad_request() const { return std::get_if<BadRequest>(&is_); }

 private:
  std::variant<T, NotFound, BadRequest> is_;
};

}  // namespace composable
