// contained calls into a plugin and catches what it throws. Nothing may be thrown across the ABI,
// but a plugin that does so must not end the host. The exception is destroyed here, while the code
// that made it is mapped. Any thread.
#pragma once
#include <exception>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace composable::host {

// Runs `step`, which calls the plugin's `function`; the message does not name the file.
template <typename Step>
absl::Status contained(std::string_view function, Step&& step) {
  constexpr char kThrew[] =
      "its %s let an exception out: %s; catch it in the plugin and return COMPOSABLE_E_EXCEPTION";
  try {
    return std::forward<Step>(step)();
  } catch (const std::exception& e) {
    return absl::InternalError(absl::StrFormat(kThrew, function, e.what()));
  } catch (...) {
    return absl::InternalError(absl::StrFormat(kThrew, function, "not a std::exception"));
  }
}

}  // namespace composable::host
