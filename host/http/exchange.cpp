#include "http/exchange.hpp"

#include <charconv>

#include "http/error_body.hpp"
#include "runtime/http_status.hpp"

namespace composable::host {

void Exchange::reset() {
  request.reset();
  writer.reset();
  plan.reset();
  correlation = {};
}

void Exchange::report(std::uint32_t status, std::string_view code,
                      std::string_view detail) noexcept {
  if (log == nullptr || status < 500) return;
  FailedRequest failed;
  failed.status = status;
  failed.code = code;
  failed.detail = detail;
  failed.method = request.method_text();
  failed.path = request.path();
  failed.correlation = correlation;
  if (plan.target != nullptr) {
    failed.owner = plan.target->owner;
    failed.route = plan.target->pattern;
  }
  failed.by_client = plan.target == nullptr && (status == 501 || status == 505);
  log->failed(failed);
}

// X-Composable-Position: <epoch>:<position>
void Exchange::rests_on(const Uuid& epoch, std::uint64_t position) noexcept {
  char value[36 + 1 + 20];
  epoch.write(value);
  value[36] = ':';
  const char* const end = std::to_chars(value + 37, value + sizeof value, position).ptr;
  writer.host_header("X-Composable-Position", {value, static_cast<std::size_t>(end - value)});
}

void Exchange::finish() noexcept {
  const std::uint32_t status = writer.status();
  if (status >= 500) report(status, error_code_of(status), "answered by the route");
  listener_->answered();
}

void Exchange::write_refusal(const Refusal& refusal) {
  report(refusal.status, refusal.code, refusal.reason_for_log());
  writer.clear_answer();
  writer.set_status(refusal.status);
  const bool comes_back = refusal.status == 503 || refusal.status == 429;
  if (refusal.retry_after_s != 0 || comes_back) {
    char seconds[10];
    const std::uint32_t s = refusal.retry_after_s == 0 ? 1 : refusal.retry_after_s;
    const char* end = std::to_chars(seconds, seconds + sizeof seconds, s).ptr;
    writer.add_header("Retry-After", {seconds, static_cast<std::size_t>(end - seconds)});
  }
  if (refusal.status == 500) {
    Refusal shown = internal_error({});
    shown.code = refusal.code;
    append_error_body(shown, correlation, writer.body());
  } else {
    append_error_body(refusal, correlation, writer.body());
  }
}

void Exchange::refuse(const Refusal& refusal) noexcept {
  write_refusal(refusal);
  listener_->answered();
}

}  // namespace composable::host
