// A SocketProtocol handles the messages of one socket: what each leads to, which commands are
// allowed, and how many per second. Answers go to the socket's queue; answers to commands come
// through the inbox, once the command has ended. One loop.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "fanout/fan_out.hpp"
#include "fanout/inbox.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"
#include "runtime/uuid.hpp"
#include "ws/command_gate.hpp"
#include "ws/message.hpp"

namespace composable::host {

// What all sockets of a loop share.
struct SocketContext {
  std::shared_ptr<CommandGate> gate;  // the newest
  std::shared_ptr<Inbox> inbox;
  FanOut* fan_out = nullptr;
  Clock* clock = nullptr;
  Rng* rng = nullptr;
  Uuid epoch;  // the log's identity; nil when nothing is stored
  std::uint32_t messages_per_second = 100;
};

class SocketProtocol {
 public:
  // `number` is the socket's, unique in this process; `domain` is empty when it serves all.
  SocketProtocol(SocketContext& context, std::uint64_t number, FanOut::Handle queue,
                 std::string actor, std::string domain);

  // Handles a whole text message. The view is not used after the call.
  void on_message(std::string_view text);

 private:
  // The command that a name means.
  struct Target {
    std::size_t domain = 0;
    const GateAction* action = nullptr;
  };

  void answer(const ClientMessage& message, const CommandMessage& command);
  void answer(const ClientMessage& message, const SubscribeMessage& subscribe);
  void answer(const ClientMessage& message, const UnsubscribeMessage&);
  void answer(const ClientMessage& message, const PingMessage&);
  void answer(const ClientMessage& message, const PongMessage&) { (void)message; }
  void answer(const ClientMessage& message, const Refusal& refusal);

  std::variant<Target, Refusal> find(const CommandMessage& command) const;
  std::optional<Refusal> check_domain(std::string_view wanted) const;
  std::string unavailable_text() const;
  Refusal no_command(const CommandMessage& command, std::string_view wanted) const;
  std::optional<Refusal> check_access(const GateAction& action) const;
  void set_filter(std::string_view id, DeliveryFilter::Pointer filter);
  bool take_token();

  SocketContext* context_;
  std::uint64_t number_;
  FanOut::Handle queue_;
  std::string actor_;
  std::string domain_;
  std::int64_t tokens_us_;   // unused time; a command takes its share of a second
  std::int64_t counted_us_;  // when tokens_us_ was last brought up to date
};

}  // namespace composable::host
