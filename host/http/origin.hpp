// An Origin is a web origin (RFC 6454): scheme, host and port. Origins are compared by these
// three, not by their spelling. It holds views of the text it was parsed from. A value; any
// thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/authority.hpp"

namespace composable::host {

// The port of a scheme; 0 for one that is neither http nor https.
std::uint16_t default_port(std::string_view scheme);

struct Origin {
  std::string_view scheme;
  Authority authority;

  // `https://shop.example:8443`; nullopt for `null`, and for what has a path.
  static std::optional<Origin> parse(std::string_view text);

  std::uint16_t port() const { return authority.port.value_or(default_port(scheme)); }
};

bool is_same_origin(const Origin& a, const Origin& b);

// Whether `origin` is one of `listed`; an origin that cannot be parsed is not.
bool is_listed_origin(std::string_view origin, const std::vector<std::string>& listed);

}  // namespace composable::host
