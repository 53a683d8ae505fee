#include "net/http_session.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "http/client_address.hpp"
#include "http/correlation.hpp"

namespace composable::host {
namespace {

// What a client that was refused early may still send before it is cut off. Clients send what they
// have before they look for an answer, so it is mostly the time that ends this.
constexpr std::size_t kLingerBytes = 64 * 1024 * 1024;

}  // namespace

HttpSession::HttpSession(HttpSessions& owner, std::unique_ptr<Transport> transport,
                         const StreamProtocol::endpoint& peer)
    : owner_(owner),
      transport_(std::move(transport)),
      parser_(owner.parts_.options->limits),
      body_share_(*owner.parts_.bodies),
      exchange_(*this),
      out_(owner.parts_.options->limits.write_ms) {
  exchange_.log = owner.parts_.log;
  exchange_.peer = IpAddress::of(*peer.data());
  exchange_.peer_is_local = peer.data()->sa_family == AF_UNIX;
  transport_->set_listener(*this);
}

void HttpSession::start(Place self) {
  self_ = self;
  process();
}

void HttpSession::start_refused(Place self) {
  self_ = self;
  fail(unavailable("connections: too many; try again soon"));
  linger_ = false;
  process();
}

void HttpSession::process() {
  if (is_due()) return;
  serve();
  send();
}

void HttpSession::serve() {
  served_all_ = false;
  while (phase_ == Phase::kReceiving && !reading_ && !served_all_) {
    if (is_behind()) flush();
    if (is_behind()) break;  // a write is pending; its end comes back here
    served_all_ = advance() == Step::kStop;
  }
}

void HttpSession::send() {
  flush();
  if (phase_ == Phase::kEnding && out_.unsent() == 0) end_after_sending();
  if (phase_ == Phase::kLingering || (phase_ == Phase::kReceiving && served_all_)) read_soon();
  destroy_if_done();
}

HttpSession::Step HttpSession::advance() {
  if (progress_ == Progress::kNone) {
    if (!HttpParser::skip_empty_lines(in_)) return Step::kStop;
    exchange_.reset();
    parser_.begin(exchange_.request, in_);
    progress_ = Progress::kBegun;
    request_deadline_ = now() + limits().request_ms;
  }
  if (parser_.state() == HttpParser::State::kHead && receive_head() == Step::kStop) {
    return Step::kStop;
  }
  if (progress_ != Progress::kPlanned && plan_request() == Step::kStop) return Step::kStop;
  if (parser_.state() == HttpParser::State::kBody && receive_body() == Step::kStop) {
    return Step::kStop;
  }
  return dispatch();
}

HttpSession::Step HttpSession::receive_head() {
  if (const auto refusal = parser_.parse(in_)) {
    fail(*refusal);
    return Step::kStop;
  }
  return parser_.state() == HttpParser::State::kHead ? Step::kStop : Step::kOn;
}

HttpSession::Step HttpSession::plan_request() {
  progress_ = Progress::kPlanned;
  owner_.parts_.router->plan(exchange_);
  if (parser_.state() != HttpParser::State::kBody) return Step::kOn;
  const BodyBudget& bodies = *owner_.parts_.bodies;
  const std::size_t limit = std::min(exchange_.plan.body_limit, bodies.limit());
  if (const auto refusal = parser_.limit_body(limit)) {
    fail(*refusal);
    return Step::kStop;
  }
  if (!bodies.has_room_for(parser_.announced_body())) return fail_for_room();
  if (!exchange_.request.http_1_1() ||
      !exchange_.request.header_has_token("expect", "100-continue")) {
    return Step::kOn;
  }
  if (exchange_.plan.refusal) {
    // The body may come or not, so the next bytes may be a body or a request.
    fail(*std::exchange(exchange_.plan.refusal, std::nullopt));
    return Step::kStop;
  }
  if (!parser_.body_begun(in_)) out_.bytes() += "HTTP/1.1 100 Continue\r\n\r\n";
  return Step::kOn;
}

HttpSession::Step HttpSession::receive_body() {
  if (const auto refusal = parser_.parse(in_)) {
    fail(*refusal);
    return Step::kStop;
  }
  if (!body_share_.grow_to(parser_.body(in_).size())) return fail_for_room();
  if (parser_.state() == HttpParser::State::kComplete) return Step::kOn;
  exchange_.now_us = 0;
  return Step::kStop;
}

HttpSession::Step HttpSession::dispatch() {
  RequestPlan& plan = exchange_.plan;
  exchange_.request.set_body(parser_.body(in_));
  if (plan.upgrade && !plan.refusal) return hand_over();
  if (plan.refusal) {
    exchange_.write_refusal(*plan.refusal);
    append_answer(false);
    return Step::kOn;
  }
  phase_ = Phase::kAnswering;
  holder_ = Holder::kRouter;
  owner_.parts_.router->serve(exchange_);
  if (holder_ != Holder::kAnswered) {
    holder_ = Holder::kHandler;
    return Step::kStop;
  }
  holder_ = Holder::kNobody;
  append_answer(false);
  return Step::kOn;
}

void HttpSession::answered() noexcept {
  if (owner_.parts_.loop->is_current() && holder_ == Holder::kRouter) {
    holder_ = Holder::kAnswered;
    return;
  }
  asio::post(owner_.parts_.loop->context(), [this] {
    holder_ = Holder::kNobody;
    if (phase_ == Phase::kAnswering) append_answer(false);
    owner_.run_queue_.serve_soon(*this);
  });
}

void HttpSession::append_answer(bool last) {
  const RequestView& request = exchange_.request;
  const bool close = last || owner_.draining_ || !request.keep_alive();
  ResponseFacts facts;
  facts.date = owner_.parts_.loop->date();
  facts.correlation = exchange_.correlation;
  facts.head_only = request.method() == Method::kHead;
  if (close) {
    facts.connection = ResponseFacts::Connection::kClose;
  } else if (!request.http_1_1()) {
    facts.connection = ResponseFacts::Connection::kKeepAlive;
  }
  exchange_.writer.write(facts, out_.bytes());
  exchange_.plan.table.reset();
  drop_received(last ? in_.size() : parser_.parsed());
  progress_ = Progress::kNone;
  phase_ = close ? Phase::kEnding : Phase::kReceiving;
}

void HttpSession::drop_received(std::size_t n) {
  parser_.drop_body();
  if (reading_) return;  // into that buffer
  in_.consume(n);
  body_share_.release();
}

void HttpSession::fail(const Refusal& refusal) {
  if (progress_ != Progress::kPlanned) {
    exchange_.correlation =
        correlation_of(exchange_.request, owner_.parts_.clock->unix_micros(), *owner_.parts_.rng);
  }
  exchange_.write_refusal(refusal);
  append_answer(true);
  linger_ = true;
}

HttpSession::Step HttpSession::fail_for_room() {
  owner_.parts_.bodies->count_refusal();
  fail(unavailable(absl::StrFormat(
      "body: too many bytes, all requests together may hold %d bytes of bodies; try "
      "again soon",
      owner_.parts_.bodies->limit())));
  return Step::kStop;
}

HttpSession::Step HttpSession::hand_over() {
  WebsocketAcceptor* const websockets = owner_.parts_.websockets;
  flush();
  if (phase_ == Phase::kClosed) return Step::kStop;
  std::optional<Refusal> refusal;
  WebsocketOpening opening;
  if (websockets == nullptr) {
    refusal = not_found("WebSocket: not served here");
  } else if (out_.unsent() != 0) {
    refusal = bad_request(
        "WebSocket: earlier answers are still being sent; open it on a connection of "
        "its own");
  } else {
    const UpgradeRequest& upgrade = *exchange_.plan.upgrade;
    const IpAddress client =
        client_address(exchange_.request, exchange_.peer, owner_.parts_.options->trusted_proxies);
    opening.client_key = upgrade.key;
    opening.subprotocol = upgrade.subprotocol;
    opening.domain = upgrade.domain;
    opening.remote_address = client.text();
    opening.remote_is_loopback = exchange_.peer_is_local || client.is_loopback();
    opening.correlation_id = exchange_.correlation.text();
    opening.leftover = in_.data().substr(parser_.parsed());
    refusal = websockets->admit(opening);
  }
  if (refusal) {
    exchange_.write_refusal(*refusal);
    append_answer(false);
    return Step::kOn;
  }
  phase_ = Phase::kClosed;
  websockets->open(std::move(transport_), std::move(opening));
  return Step::kStop;
}

void HttpSession::flush() {
  if (phase_ != Phase::kClosed && !out_.flush(*transport_, now())) close();
}

void HttpSession::on_writable() {
  out_.on_writable();
  flush();
  process();
}

void HttpSession::read_soon() {
  if (reading_) return;
  reading_ = true;
  if (phase_ == Phase::kReceiving) {
    read_deadline_ =
        progress_ == Progress::kNone ? now() + limits().keep_alive_ms : request_deadline_;
  }
  owner_.run_queue_.read_soon(*this);
}

void HttpSession::read(ReadMode mode) {
  if (phase_ == Phase::kLingering) {
    in_.consume(in_.size());
    body_share_.release();
  }
  if (phase_ == Phase::kClosed) {
    reading_ = false;
    owner_.run_queue_.serve_soon(*this);  // which ends it
    return;
  }
  in_.prepare(progress_ == Progress::kNone ? 1 : 1024);
  const std::span<char> free(in_.free_begin(), in_.free_size());
  if (mode == ReadMode::kNow) {
    const IoResult result = transport_->read_some(free);
    if (result.status != IoResult::Status::kWouldBlock) {
      on_read(result);
      return;
    }
  }
  transport_->read_when_ready(free);
}

void HttpSession::on_read(IoResult result) {
  using Status = IoResult::Status;
  reading_ = false;
  if (phase_ == Phase::kLingering) {
    thrown_away_ += result.bytes;
    if (result.status != Status::kDone || thrown_away_ > kLingerBytes) close();
  } else if (result.status != Status::kDone) {
    // What was answered is still sent; a request cut short is not answered.
    if (phase_ == Phase::kReceiving) phase_ = Phase::kEnding;
    linger_ = false;
    if (result.status != Status::kEnd) close();
  } else {
    in_.commit(result.bytes);
  }
  owner_.run_queue_.serve_soon(*this);
}

void HttpSession::end_after_sending() {
  // Closing with bytes unread would reset the connection, and the answer might be lost with it.
  if (!linger_ && in_.size() == 0) {
    close();
    return;
  }
  transport_->shut_down_sending();
  phase_ = Phase::kLingering;
  read_deadline_ = now() + limits().linger_ms;
}

void HttpSession::close() {
  if (phase_ == Phase::kClosed) return;
  transport_->close();
  phase_ = Phase::kClosed;
}

// Complete requests are answered. A request that is still arriving gets a moment, not its whole
// timeout, which could be all the time that a shutdown has.
void HttpSession::close_if_idle() {
  if (is_due()) serve();
  if (phase_ == Phase::kReceiving && progress_ != Progress::kNone) {
    request_deadline_ = std::min(request_deadline_, now() + limits().linger_ms);
    read_deadline_ = std::min(read_deadline_, request_deadline_);
  } else if (phase_ == Phase::kReceiving && out_.unsent() == 0) {
    close();
  } else if (phase_ == Phase::kReceiving) {
    phase_ = Phase::kEnding;
  }
  destroy_if_done();
}

void HttpSession::tick() {
  if (out_.is_stuck(now())) {
    close();
  } else if (reading_ && !is_queued() && now() >= read_deadline_) {
    if (phase_ == Phase::kReceiving && progress_ != Progress::kNone) {
      fail(request_timeout(
          absl::StrFormat("request: not complete after %d ms", limits().request_ms)));
    } else {
      close();
    }
    process();
    return;
  }
  destroy_if_done();
}

void HttpSession::destroy_if_done() {
  if (phase_ == Phase::kClosed && holder_ != Holder::kHandler) owner_.remove(self_);
}

}  // namespace composable::host
