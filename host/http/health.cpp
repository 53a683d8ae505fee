#include "http/health.hpp"

#include <utility>

#include "runtime/json_text.hpp"

namespace composable::host {
namespace {

std::string_view level_name(HealthLevel level, std::string_view healthy) {
  switch (level) {
    case HealthLevel::kHealthy:
      return healthy;
    case HealthLevel::kDegraded:
      return "degraded";
    case HealthLevel::kUnhealthy:
      return "unhealthy";
  }
  return healthy;
}

}  // namespace

std::string health_body(const HealthReport& report) {
  std::string out = "{\"status\":";
  append_json_string(out, level_name(report.overall, "ok"));
  out += ",\"domains\":{";
  bool first = true;
  for (const HealthReport::Domain& domain : report.domains) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, domain.name);
    out += ':';
    append_json_string(out, level_name(domain.level, "healthy"));
  }
  out += "}}";
  return out;
}

std::string_view readiness_message(Readiness readiness) {
  switch (readiness) {
    case Readiness::kReady:
      return "ready";
    case Readiness::kStarting:
      return "starting: state is being replayed; try again soon";
    case Readiness::kDraining:
      return "draining: this host is shutting down; use another";
    case Readiness::kStoreUnavailable:
      return "the event store cannot write; see the log";
  }
  return "";
}

}  // namespace composable::host
