// LoggedFailures writes failed requests to the log. [any]
#pragma once
#include <string>

#include "absl/strings/str_format.h"
#include "http/failure_log.hpp"
#include "observe/log.hpp"
#include "observe/log_rate.hpp"

namespace composable::host {

// Every 5xx is logged, within the rate of its kind; the detail of a 500 is nowhere else. A request
// for something that the host does not serve is logged as info.
class LoggedFailures final : public FailureLog {
 public:
  void failed(const FailedRequest& request) noexcept override {
    const bool ours = request.status == 500 || request.status == 504;
    const LogLevel level = request.by_client ? LogLevel::kInfo
                           : ours            ? LogLevel::kError
                                             : LogLevel::kWarn;
    std::string kind = absl::StrFormat("%d", request.status);
    if (!request.owner.empty()) kind.append(1, ' ').append(request.owner);
    if (!log_rate().admit(level, "http", "request_failed", kind)) return;
    log_line(level, "http", "request_failed",
             {{"status", request.status},
              {"code", request.code},
              {"method", request.method},
              {"path", request.path},
              {"owner", request.owner},
              {"route", request.route},
              {"detail", request.detail},
              {"correlation_id", request.correlation.text()}});
  }
};

}  // namespace composable::host
