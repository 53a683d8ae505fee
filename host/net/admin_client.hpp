// ask_admin sends one request to a host that runs on this machine, over the admin socket in its
// data directory: how verbs such as `composable reload` work. Any thread; blocks until the answer.
#pragma once
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace composable::host {

struct AdminAnswer {
  unsigned status = 0;  // HTTP
  std::string body;
};

// NotFound: no host runs with that data directory. `target` begins with /_composable/, `accept` is
// a media type.
absl::StatusOr<AdminAnswer> ask_admin(const std::string& data_directory, std::string_view method,
                                      std::string_view target, std::string_view accept);

}  // namespace composable::host
