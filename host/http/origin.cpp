#include "http/origin.hpp"

#include <algorithm>

#include "http/request_view.hpp"

namespace composable::host {

std::uint16_t default_port(std::string_view scheme) {
  if (equals_ignoring_case(scheme, "http")) return 80;
  return equals_ignoring_case(scheme, "https") ? 443 : 0;
}

std::optional<Origin> Origin::parse(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == text.npos || colon == 0) return std::nullopt;
  const auto authority = Authority::parse(text.substr(colon + 3));
  if (!authority) return std::nullopt;
  return Origin{.scheme = text.substr(0, colon), .authority = *authority};
}

bool is_same_origin(const Origin& a, const Origin& b) {
  return equals_ignoring_case(a.scheme, b.scheme) && a.port() == b.port() &&
         is_same_host(a.authority.host, b.authority.host);
}

bool is_listed_origin(std::string_view origin, const std::vector<std::string>& listed) {
  if (listed.empty()) return false;
  const auto asked = Origin::parse(origin);
  return asked && std::any_of(listed.begin(), listed.end(), [&](const std::string& text) {
           const auto allowed = Origin::parse(text);
           return allowed && is_same_origin(*asked, *allowed);
         });
}

}  // namespace composable::host
