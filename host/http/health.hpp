// A HealthSource answers the probes: whether the host is alive and ready, and how its domains are.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace composable::host {

enum class HealthLevel : std::uint8_t { kHealthy, kDegraded, kUnhealthy };

struct HealthReport {
  struct Domain {
    std::string name;
    HealthLevel level = HealthLevel::kHealthy;
  };
  HealthLevel overall = HealthLevel::kHealthy;
  std::vector<Domain> domains;
};

enum class Readiness : std::uint8_t {
  kReady,
  kStarting,          // state is being replayed: domain routes answer 503
  kDraining,          // going away: requests are still answered
  kStoreUnavailable,  // the event store cannot write: reads are still answered
};

// Answered by who knows the domains. Any loop thread; must not block.
class HealthSource {
 public:
  virtual ~HealthSource() = default;
  virtual Readiness readiness() = 0;
  virtual HealthReport report() = 0;
};

// {"status":"ok","domains":{"orders":"healthy"}}; no reasons and no versions, which are for the
// admin listener.
std::string health_body(const HealthReport& report);

// What /health/ready says when it is not.
std::string_view readiness_message(Readiness readiness);

}  // namespace composable::host
