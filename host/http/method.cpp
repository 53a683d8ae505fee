#include "http/method.hpp"

#include <algorithm>
#include <iterator>

namespace composable::host {
namespace {

struct Named {
  std::string_view name;
  Method method;
};

// The commonest first.
constexpr Named kRoutable[] = {
    {"GET", Method::kGet},         {"POST", Method::kPost},     {"PUT", Method::kPut},
    {"PATCH", Method::kPatch},     {"DELETE", Method::kDelete}, {"HEAD", Method::kHead},
    {"OPTIONS", Method::kOptions},
};

// IANA's registry of methods, except those above.
constexpr std::string_view kOthers[] = {
    "ACL",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "CONNECT",
    "COPY",
    "LABEL",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "M-SEARCH",
    "NOTIFY",
    "ORDERPATCH",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "QUERY",
    "REBIND",
    "REPORT",
    "SEARCH",
    "SUBSCRIBE",
    "TRACE",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UNSUBSCRIBE",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
};

}  // namespace

Method method_of(std::string_view name) {
  for (const Named& routable : kRoutable) {
    if (routable.name == name) return routable.method;
  }
  const bool known = std::find(std::begin(kOthers), std::end(kOthers), name) != std::end(kOthers);
  return known ? Method::kOther : Method::kUnknown;
}

}  // namespace composable::host
