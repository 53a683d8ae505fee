#include "ws/socket_protocol.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/log.hpp"
#include "observe/log_rate.hpp"
#include "runtime/nearest_name.hpp"
#include "store/access.hpp"
#include "ws/frame_codec.hpp"
#include "ws/requested_filter.hpp"
#include "ws/server_message.hpp"

namespace composable::host {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

std::string framed(std::string_view message) {
  std::string frame;
  append_frame(frame, Opcode::kText, message);
  return frame;
}

// Answers one command once its cause has ended; then it is gone.
class CommandReply final : public Waiter {
 public:
  std::shared_ptr<CommandGate> gate;
  std::shared_ptr<Inbox> inbox;
  std::uint64_t socket = 0;
  std::size_t domain = 0;
  std::string id;  // raw JSON; empty: only a refusal is answered
  std::string action;
  Uuid correlation;
  Uuid epoch;

  void ended(const Outcome& outcome) noexcept override {
    const std::unique_ptr<CommandReply> self(this);
    std::string message;
    if (outcome.kind == Outcome::Kind::kRefused) {
      refused(outcome, message);
    } else if (!id.empty()) {
      append_ack_message(message, id, correlation, outcome.position == 0 ? Uuid() : epoch,
                         outcome.position);
    }
    if (!message.empty())
      inbox->push({.batch = nullptr, .socket = socket, .frames = framed(message)});
  }

 private:
  void refused(const Outcome& outcome, std::string& message) const {
    Refusal refusal = outcome.refusal != nullptr ? *outcome.refusal : Refusal{};
    if (refusal.status >= 500 &&
        log_rate().admit(LogLevel::kError, "ws", "command_failed", action)) {
      log_error("ws", "command_failed",
                {{"status", refusal.status},
                 {"code", refusal.code},
                 {"action", action},
                 {"detail", refusal.reason_for_log()},
                 {"correlation_id", correlation.text()}});
    }
    const bool unreadable = refusal.status == 400 && outcome.action == nullptr;
    if (unreadable || !refusal.path.empty()) {
      const bool dot = !refusal.path.empty() && refusal.path.front() != '[';
      refusal.path = absl::StrFormat("action.%s%s%s", action, dot ? "." : "", refusal.path);
    }
    std::string name, json;
    if (outcome.action != nullptr && !gate->describe(domain, *outcome.action, name, json)) {
      name.clear();
    }
    append_error_message(message, {.refusal = &refusal,
                                   .id = id,
                                   .rejection = name,
                                   .rejection_data = json,
                                   .correlation = &correlation});
  }
};

std::string_view class_name(std::uint32_t action_class) {
  switch (action_class) {
    case COMPOSABLE_CLASS_EVENT:
      return "an event";
    case COMPOSABLE_CLASS_REJECTION:
      return "a rejection";
    default:
      return "internal";
  }
}

bool is_command(const GateAction& action) {
  return action.action_class == COMPOSABLE_CLASS_COMMAND;
}

}  // namespace

SocketProtocol::SocketProtocol(SocketContext& context, std::uint64_t number, FanOut::Handle queue,
                               std::string actor, std::string domain)
    : context_(&context),
      number_(number),
      queue_(queue),
      actor_(std::move(actor)),
      domain_(std::move(domain)),
      tokens_us_(kSecond),
      counted_us_(context.clock->steady_micros()) {}

void SocketProtocol::on_message(std::string_view text) {
  const ClientMessage message = read_message(text);
  const bool free = std::holds_alternative<PingMessage>(message.body) ||
                    std::holds_alternative<PongMessage>(message.body);
  if (!free && !take_token()) {
    return answer(message,
                  rate_limited(absl::StrFormat("socket: more than %d messages in a second; "
                                               "send them more slowly",
                                               context_->messages_per_second)));
  }
  std::visit([&](const auto& body) { answer(message, body); }, message.body);
}

// A bucket of one second's worth, filled by the clock.
bool SocketProtocol::take_token() {
  const std::int64_t now = context_->clock->steady_micros();
  tokens_us_ = std::min(kSecond, tokens_us_ + (now - counted_us_));
  counted_us_ = now;
  const std::int64_t price = kSecond / context_->messages_per_second;
  if (tokens_us_ < price) return false;
  tokens_us_ -= price;
  return true;
}

void SocketProtocol::answer(const ClientMessage& message, const CommandMessage& command) {
  if (command.idempotency_key) {
    return answer(message,
                  unsupported("idempotency_key: not supported over WebSocket by this host; "
                              "leave it out",
                              "idempotency_key"));
  }
  const auto found = find(command);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return answer(message, *refusal);
  const Target target = std::get<Target>(found);

  auto reply = std::make_unique<CommandReply>();
  reply->gate = context_->gate;
  reply->inbox = context_->inbox;
  reply->socket = number_;
  reply->domain = target.domain;
  reply->id = message.id;
  reply->action = command.action;
  reply->correlation = Uuid::v7(context_->clock->unix_micros(), *context_->rng);
  reply->epoch = context_->epoch;
  const Caller caller{actor_, reply->correlation, number_};
  context_->gate->send(target.domain, target.action->number, command.payload, caller,
                       reply.release());
}

void SocketProtocol::answer(const ClientMessage& message, const SubscribeMessage& subscribe) {
  auto made = make_filter(subscribe, domain_, *context_->gate, context_->fan_out->names());
  if (const auto* refusal = std::get_if<Refusal>(&made)) return answer(message, *refusal);
  set_filter(message.id, std::get<DeliveryFilter::Pointer>(std::move(made)));
}

void SocketProtocol::answer(const ClientMessage& message, const UnsubscribeMessage&) {
  set_filter(message.id, DeliveryFilter::nothing());
}

void SocketProtocol::set_filter(std::string_view id, DeliveryFilter::Pointer filter) {
  std::string frame;
  if (!id.empty()) {
    std::string ack;
    append_ack_message(ack, id, Uuid::v7(context_->clock->unix_micros(), *context_->rng),
                       context_->epoch, 0);
    frame = framed(ack);
  }
  context_->fan_out->subscribe(queue_, std::move(filter), frame);
}

void SocketProtocol::answer(const ClientMessage&, const PingMessage&) {
  context_->fan_out->reply(queue_, framed(kPongMessage));
}

void SocketProtocol::answer(const ClientMessage& message, const Refusal& refusal) {
  std::string error;
  append_error_message(error, {.refusal = &refusal, .id = message.id});
  context_->fan_out->reply(queue_, framed(error));
}

std::variant<SocketProtocol::Target, Refusal> SocketProtocol::find(
    const CommandMessage& command) const {
  const std::string& wanted = command.domain.empty() ? domain_ : command.domain;
  if (auto refusal = check_domain(wanted)) return *std::move(refusal);
  Target target;
  std::string owners;
  std::size_t found = 0;
  const auto& domains = context_->gate->domains();
  for (std::size_t i = 0; i < domains.size(); ++i) {
    if (!wanted.empty() && domains[i].name != wanted) continue;
    for (const GateAction& action : domains[i].actions) {
      if (action.name != command.action || !is_command(action)) continue;
      target = {i, &action};
      if (found++ > 0) owners += " and ";
      owners += domains[i].name;
    }
  }
  if (found == 0) return no_command(command, wanted);
  if (found > 1) {
    return bad_request(absl::StrFormat("domain: missing; %s is a command of %s, name one of them",
                                       command.action, owners),
                       "domain");
  }
  if (auto refusal = check_access(*target.action)) return *std::move(refusal);
  return target;
}

std::optional<Refusal> SocketProtocol::check_domain(std::string_view wanted) const {
  if (!domain_.empty() && wanted != domain_) {
    return forbidden(absl::StrFormat("domain: this socket serves %s only, found \"%s\"; "
                                     "connect to /ws for all domains",
                                     domain_, excerpt(wanted)),
                     "domain");
  }
  if (wanted.empty()) return std::nullopt;
  std::vector<std::string_view> names;
  for (const GateDomain& domain : context_->gate->domains()) {
    if (domain.name == wanted) return std::nullopt;
    names.push_back(domain.name);
  }
  if (const UnavailableDomain* unavailable =
          find_unavailable(context_->gate->unavailable(), wanted))
    return domain_unavailable(*unavailable);
  return not_found(absl::StrFormat("domain: no domain is named \"%s\"%s", excerpt(wanted),
                                   did_you_mean(wanted, names)),
                   "domain");
}

// The command may belong to a domain that is unavailable now.
std::string SocketProtocol::unavailable_text() const {
  std::string text;
  for (const UnavailableDomain& domain : context_->gate->unavailable()) {
    text += (text.empty() ? "; not served now: " : ", ") + domain.name;
  }
  return text;
}

// Suggests only what sockets may send.
Refusal SocketProtocol::no_command(const CommandMessage& command, std::string_view wanted) const {
  std::vector<std::string_view> names;
  for (const GateDomain& domain : context_->gate->domains()) {
    if (!wanted.empty() && domain.name != wanted) continue;
    for (const GateAction& action : domain.actions) {
      if (action.name == command.action) {
        return forbidden(absl::StrFormat("action: %s is %s; only commands can be sent",
                                         command.action, class_name(action.action_class)),
                         "action");
      }
      if (is_command(action) && action.ws) names.push_back(action.name);
    }
  }
  return not_found(absl::StrFormat("action: no command is named \"%s\"%s%s",
                                   excerpt(command.action), did_you_mean(command.action, names),
                                   wanted.empty() ? unavailable_text() : ""),
                   "action");
}

std::optional<Refusal> SocketProtocol::check_access(const GateAction& action) const {
  if (!action.ws) {
    return forbidden(
        absl::StrFormat("action: %s is not open to sockets; use its route", action.name), "action");
  }
  auto refusal = host::check_access(action.access, action.role, actor_);
  if (refusal) refusal->path = "action";
  return refusal;
}

}  // namespace composable::host
