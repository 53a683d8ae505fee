// Method lists the request methods that the router tells apart. The first five have the ABI's
// numbers.
#pragma once
#include <cstdint>
#include <string_view>

#include "composable/abi/routes.h"

namespace composable::host {

enum class Method : std::uint8_t {
  kUnknown = 0,  // no method that HTTP names: 501
  kGet = COMPOSABLE_METHOD_GET,
  kPost = COMPOSABLE_METHOD_POST,
  kPut = COMPOSABLE_METHOD_PUT,
  kPatch = COMPOSABLE_METHOD_PATCH,
  kDelete = COMPOSABLE_METHOD_DELETE,
  kHead,
  kOptions,
  kOther,  // a method HTTP knows and no route can have: TRACE, CONNECT, PROPFIND, …
};

// By its name; case counts.
Method method_of(std::string_view name);

// Whether a request may change something, so that a foreign page must not send it.
constexpr bool is_unsafe(Method m) {
  return m == Method::kPost || m == Method::kPut || m == Method::kPatch || m == Method::kDelete ||
         m == Method::kOther || m == Method::kUnknown;
}

constexpr std::string_view method_name(Method m) {
  switch (m) {
    case Method::kGet:
      return "GET";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kPatch:
      return "PATCH";
    case Method::kDelete:
      return "DELETE";
    case Method::kHead:
      return "HEAD";
    case Method::kOptions:
      return "OPTIONS";
    default:
      return "?";
  }
}

}  // namespace composable::host
