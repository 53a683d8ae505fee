// An AdminFeed publishes what happens in the host to the WebSockets of the admin listener, as
// events of the domain "host". Frames, filters and bounds are those of the public side.
//
//   {"type":"event","action":{"GenerationChanged":{…}},"domain":"host"}   see record_json()
#pragma once
#include <memory>

#include "bus/broadcast.hpp"
#include "net/loop.hpp"
#include "net/websocket_acceptor.hpp"
#include "reload/generation_record.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"

namespace composable::host {

class AdminFeed {
 public:
  // Both outlive this.
  AdminFeed(Clock& clock, Rng& rng) : clock_(clock), rng_(rng) {}

  // Makes the hub of the admin listener's loop, before that starts.
  std::unique_ptr<WebsocketAcceptor> make_hub(Loop& loop);

  // [any]
  void publish(const GenerationRecord& record);

 private:
  Clock& clock_;
  Rng& rng_;
  BroadcastBus bus_;
};

}  // namespace composable::host
