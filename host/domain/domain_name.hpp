// The rule for the name of a domain, used wherever a name comes from outside: a plugin's table and
// note, the command line. Pure; any thread.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string_view>

namespace composable::host {

inline constexpr std::size_t kMaxDomainName = 64;  // bytes
inline constexpr std::string_view kDomainNameForm = "[a-z][a-z0-9_-]*";

inline bool is_domain_name(std::string_view name) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && name.size() <= kMaxDomainName && lower(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return lower(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

}  // namespace composable::host
