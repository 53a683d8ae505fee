#include "admin/admin_feed.hpp"

#include <string>
#include <utility>

#include "admin/reload_pages.hpp"
#include "composable/abi/action.h"
#include "net/websocket_hub.hpp"
#include "ws/command_gate.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kDomain = "host";
constexpr std::string_view kGenerationChanged = "GenerationChanged";

// Sockets receive events and send no commands.
class HostEvents final : public CommandGate {
 public:
  HostEvents()
      : CommandGate({{std::string(kDomain),
                      {{.name = std::string(kGenerationChanged),
                        .action_class = COMPOSABLE_CLASS_EVENT,
                        .visibility = COMPOSABLE_VISIBILITY_PUBLIC,
                        .role = {}}}}}) {}

  void send(std::size_t, std::uint32_t, std::string_view, const Caller&, Waiter* waiter) override {
    if (waiter == nullptr) return;
    const Refusal refusal = not_found("the host takes no commands on this socket");
    waiter->ended({.kind = Outcome::Kind::kRefused, .refusal = &refusal});
  }
  bool describe(std::size_t, const composable_action&, std::string&, std::string&) const override {
    return false;
  }
};

}  // namespace

std::unique_ptr<WebsocketAcceptor> AdminFeed::make_hub(Loop& loop) {
  return std::make_unique<WebsocketHub>(loop.background(), bus_, std::make_shared<HostEvents>(),
                                        clock_, rng_, WebsocketOptions{.log_bytes = 1 << 20});
}

void AdminFeed::publish(const GenerationRecord& record) {
  if (!bus_.listening()) return;
  const std::string data = record_json(record);
  auto batch = std::make_shared<BroadcastBatch>();
  batch->add({.action_class = COMPOSABLE_CLASS_EVENT,
              .visibility = COMPOSABLE_VISIBILITY_PUBLIC,
              .correlation = {},
              .domain_name = kDomain,
              .type_name = kGenerationChanged,
              .stream = {},
              .data = data});
  bus_.publish(std::move(batch));
}

}  // namespace composable::host
