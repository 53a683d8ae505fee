// These functions hide secrets in values that are shown. All code that prints a setting or a
// domain's section uses them. In doubt they hide. Pure; any thread.
#pragma once
#include <string>
#include <string_view>

#include "config/json_document.hpp"

namespace composable::host {

inline constexpr std::string_view kMask = "***";

// A URL without its user, password and query: `redis://***@cache:6379/0?***`. What does not look
// like scheme://host becomes the mask alone; `memory:` and `sqlite:` hold nothing to hide.
std::string mask_url(std::string_view url);

// Whether a field of this name holds a secret: password, secret, token, api_key, …
bool is_secret_name(std::string_view name);

// Strict JSON in which the values of secret names are the mask, and URLs are masked as above.
std::string masked_json(const JsonNode& node);

}  // namespace composable::host
