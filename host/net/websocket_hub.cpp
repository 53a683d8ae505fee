#include "net/websocket_hub.hpp"

#include <chrono>
#include <utility>

#include "absl/strings/str_format.h"
#include "bus/audience.hpp"
#include "net/websocket_session.hpp"
#include "ws/server_message.hpp"
#include "ws/websocket_framing.hpp"

namespace composable::host {
namespace {

constexpr std::int64_t kWarningsApart = 60'000'000;
constexpr std::int64_t kLateMicros = 20'000;  // of an event on its way to sockets that can take it
constexpr std::uint32_t kRetryAfterSeconds = 10;

// Numbers of sockets are unique in the process: they are what broadcasts name as their origin.
std::uint64_t next_number() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

Refusal later(Refusal refusal) {
  refusal.retry_after_s = kRetryAfterSeconds;
  return refusal;
}

FanOut make_fan_out(const WebsocketOptions& options) {
  FanOutOptions fan_out;
  fan_out.unsent_bytes = options.unsent_bytes;
  return FanOut(FramedLog::create(options.log_bytes, WebsocketFraming::instance()).value(),
                fan_out);
}

}  // namespace

WebsocketHub::WebsocketHub(Background& background, BroadcastBus& bus,
                           std::shared_ptr<CommandGate> gate, Clock& clock, Rng& rng,
                           WebsocketOptions options)
    : background_(background),
      bus_(bus),
      clock_(clock),
      options_(std::move(options)),
      fan_out_(make_fan_out(options_)),
      timer_(background.io()) {
  if (!options_.addresses) options_.addresses = std::make_shared<AddressCounts>();
  context_.gate = std::move(gate);
  context_.inbox = std::make_shared<Inbox>([this](Inbox::Item& item) { take(item); });
  context_.inbox->set_wake(
      [&io_context = background.io(), weak = std::weak_ptr<Inbox>(context_.inbox)] {
        const std::shared_ptr<Inbox> inbox = weak.lock();
        if (!inbox) return;
        if (io_context.get_executor().running_in_this_thread()) return inbox->drain();
        asio::post(io_context, [inbox] { inbox->drain(); });
      });
  context_.fan_out = &fan_out_;
  context_.clock = &clock;
  context_.rng = &rng;
  context_.epoch = options_.epoch;
  context_.messages_per_second = options_.messages_per_second;
  bus_.add(this);
}

WebsocketHub::~WebsocketHub() {
  bus_.remove(this);
  background_.remove(*this);
  context_.inbox->close();
}

std::optional<Refusal> WebsocketHub::admit(const WebsocketOpening& opening) {
  if (draining_) {
    return later(unavailable("websocket: this host is shutting down; try again"));
  }
  const std::size_t limit =
      opening.remote_is_loopback ? options_.sockets_from_loopback : options_.sockets_per_address;
  if (options_.addresses->count(opening.remote_address) < limit) return std::nullopt;
  warn_of(opening, limit);
  return later(rate_limited(
      absl::StrFormat("websocket: this address has %d sockets open, which is the limit; "
                      "close one first",
                      limit)));
}

void WebsocketHub::warn_of(const WebsocketOpening& opening, std::size_t limit) {
  const std::int64_t now = clock_.steady_micros();
  if (!options_.warn || (warned_us_ != 0 && now - warned_us_ < kWarningsApart)) return;
  warned_us_ = now;
  options_.warn(
      absl::StrFormat("websocket: %s holds %d sockets, the limit of one address; more "
                      "are refused",
                      opening.remote_address, limit));
}

void WebsocketHub::open(std::unique_ptr<Transport> transport, WebsocketOpening opening) {
  options_.addresses->add(opening.remote_address);
  connections_.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t number = next_number();
  WebsocketSession& session =
      *sessions_
           .emplace(number, std::make_unique<WebsocketSession>(*this, std::move(transport), opening,
                                                               number))
           .first->second;
  session.start(std::move(opening));
  start_timer();
  keep_sending();
}

void WebsocketHub::close_all(std::uint16_t code, std::string_view reason) {
  draining_ = true;
  for (auto& [number, session] : sessions_) session->close(code, reason);
  keep_sending();
}

WebsocketStats WebsocketHub::stats() const {
  return {.connections = connections(),
          .messages_in = messages_in_,
          .messages_out = fan_out_.stats().delivered,
          .lagged = fan_out_.stats().lagged};
}

void WebsocketHub::deliver(std::shared_ptr<const BroadcastBatch> batch) {
  context_.inbox->push({.batch = std::move(batch), .socket = 0, .frames = {}});
}

void WebsocketHub::take(Inbox::Item& item) {
  if (item.batch) {
    const std::int64_t now = clock_.steady_micros();
    for (const Broadcast& event : item.batch->items()) take_event(event, now);
  } else if (const auto found = sessions_.find(item.socket); found != sessions_.end()) {
    fan_out_.reply(found->second->queue(), item.frames);
  }
  keep_sending();
}

void WebsocketHub::take_event(const Broadcast& event, std::int64_t now_us) {
  const EventAudience audience = {event.action_class, event.visibility, event.user};
  if (sessions_.empty() || !may_see(audience, kAnonymous)) return;
  const EventKey key = {fan_out_.names().number(event.domain_name),
                        fan_out_.names().number(event.type_name), stream_key(event.stream)};
  const EventMessage message = {event.type_name, event.data, event.domain_name, event.position,
                                event.stream};
  message_.clear();
  append_event_message(message_, message, nullptr);
  fan_out_.append(message_, key, now_us);
  if (event.origin == 0) return;
  const auto sender = sessions_.find(event.origin);
  if (sender == sessions_.end() || !fan_out_.wants(sender->second->queue(), key)) return;
  message_.clear();
  append_event_message(message_, message, &event.correlation);
  fan_out_.append_own(sender->second->queue(), message_);
}

Background::Left WebsocketHub::run_for(std::int64_t micros) {
  if (!fan_out_.run(clock_, micros)) return Background::Left::kNothing;
  const bool is_late = fan_out_.lag_us(clock_.steady_micros()) > kLateMicros;
  return is_late ? Background::Left::kLate : Background::Left::kSome;
}

void WebsocketHub::keep_sending() {
  if (fan_out_.has_work()) background_.schedule(*this);
}

void WebsocketHub::start_timer() {
  if (ticking_ || sessions_.empty()) return;
  ticking_ = true;
  timer_.expires_after(std::chrono::seconds(1));
  timer_.async_wait([this](const error_code& error) {
    ticking_ = false;
    if (error) return;
    sweep();
    start_timer();
  });
}

void WebsocketHub::sweep() {
  const std::int64_t now = clock_.steady_micros();
  for (auto& [number, session] : sessions_) session->sweep(now);
  keep_sending();
}

void WebsocketHub::retire(std::uint64_t number) {
  asio::post(background_.io(), [this, number] {
    const auto found = sessions_.find(number);
    if (found == sessions_.end()) return;
    const std::unique_ptr<WebsocketSession> session = std::move(found->second);
    sessions_.erase(found);
    fan_out_.close(session->queue());
    options_.addresses->remove(session->remote_address());
    connections_.fetch_sub(1, std::memory_order_relaxed);
    if (sessions_.empty() && when_empty_) std::exchange(when_empty_, nullptr)();
  });
}

void WebsocketHub::when_empty(std::function<void()> task) {
  if (sessions_.empty()) {
    task();
  } else {
    when_empty_ = std::move(task);
  }
}

}  // namespace composable::host
