// A ReloadHost is what a changeover needs of the host around it. The application implements it,
// and the tests do. Reloader's thread only, or before that runs; blocks.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "canary/canary.hpp"
#include "domain/domain_handle.hpp"
#include "reload/served_domains.hpp"
#include "store/store.hpp"

namespace composable::host {

class ReloadHost {
 public:
  virtual ~ReloadHost() = default;

  // The domain's section of the configuration, JSON.
  virtual std::string config(std::string_view domain) = 0;
  // Visits every stored event of the domain in order, until `visit` fails.
  virtual absl::Status visit_events(std::string_view domain, const CanaryTrial::Visit& visit) = 0;
  // Whether the log holds an event of that type.
  virtual bool is_stored(std::string_view domain, std::string_view type) = 0;
  virtual std::uint64_t last_position() = 0;  // of the log
  // Whether the routes of `candidate` can be served.
  virtual absl::Status check_routes(const DomainTables& candidate) = 0;
  virtual std::shared_ptr<Store> make_store(std::shared_ptr<DomainHandle> domain,
                                            std::uint32_t number) = 0;
  // Publishes the domains, with their routes and actions, to every loop. Returns when all loops
  // serve them and none holds anything older.
  virtual void publish(const ServedDomains::List& served) = 0;
};

}  // namespace composable::host
