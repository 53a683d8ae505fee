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
  kDraining,          // shutting down: requests are still answered
  kStoreUnavailable,  // the event store cannot write: reads are still answered
};

// The app implements it. Any loop thread; must not block.
class HealthSource {
 public:
  virtual ~HealthSource() = default;
  virtual Readiness readiness() = 0;
  virtual HealthReport report() = 0;
};

// {"status":"ok","domains":{"orders":"healthy"}}. Without reasons and versions, which only the
// admin listener shows.
std::string health_body(const HealthReport& report);

// The message of /health/ready when the host is not ready.
std::string_view readiness_message(Readiness readiness);

}  // namespace composable::host
