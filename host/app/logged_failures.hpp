// The requests that failed, as lines in the log. [any]
#pragma once
#include <string>

#include "http/failure_log.hpp"
#include "observe/log.hpp"

namespace composable::host {

// Every 5xx is logged; a 500's cause is told nowhere else.
class LoggedFailures final : public FailureLog {
 public:
  void failed(const FailedRequest& request) noexcept override {
    const std::string correlation = request.correlation.text();
    const auto line = request.status == 500 || request.status == 504 ? log_error : log_warn;
    line("http", "request_failed",
         {{"status", request.status},
          {"code", request.code},
          {"method", request.method},
          {"path", request.path},
          {"cause", request.cause},
          {"correlation_id", correlation}});
  }
};

}  // namespace composable::host
