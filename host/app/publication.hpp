// A Publication shows the domains to the loops: their routes, their actions, and which are
// unavailable.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "admin/host_health.hpp"
#include "crash/blocked_builds.hpp"
#include "net/server.hpp"
#include "net/websocket_hub.hpp"
#include "plugin/registry.hpp"
#include "reload/served_domains.hpp"
#include "store/catalogue.hpp"

namespace composable::host {

class Publication {
 public:
  // All outlive it. `hubs` are those of the server's loops, in their order.
  Publication(Server& server, const std::vector<WebsocketHub*>& hubs, HostHealth& health,
              const BlockedBuilds& blocked)
      : server_(server), hubs_(hubs), health_(health), blocked_(blocked) {}

  // Before anything is served.
  static std::shared_ptr<const Catalogue> nothing() {
    return std::make_shared<const Catalogue>(Catalogue::Stores());
  }

  // Returns when every loop has taken over the new tables and dropped the old ones. One thread at a
  // time.
  void publish(const ServedDomains::List& served, const std::vector<RefusedPlugin>& refused);

 private:
  Server& server_;
  const std::vector<WebsocketHub*>& hubs_;
  HostHealth& health_;
  const BlockedBuilds& blocked_;
};

}  // namespace composable::host
