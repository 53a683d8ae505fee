#include "net/http_session.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "http/client_address.hpp"
#include "http/correlation.hpp"

namespace composable::host {
namespace {

// An output buffer that grew larger than this gives the memory back.
constexpr std::size_t kKeptCapacity = 256 * 1024;
// What a client that was refused early may still send before it is cut off. Clients send what they
// have before they look for an answer, so it is mostly the time that ends this.
constexpr std::size_t kLingerBytes = 64 * 1024 * 1024;

}  // namespace

HttpSession::HttpSession(HttpSessions& owner, StreamSocket socket,
                         const StreamProtocol::endpoint& peer)
    : owner_(owner),
      socket_(std::move(socket)),
      parser_(owner.parts_.options->limits),
      body_share_(*owner.parts_.bodies),
      exchange_(*this) {
  exchange_.log = owner.parts_.log;
  exchange_.peer = IpAddress::of(*peer.data());
  exchange_.peer_is_local = peer.data()->sa_family == AF_UNIX;
}

void HttpSession::start(Place self) {
  self_ = self;
  error_code ec;
  socket_.non_blocking(true, ec);
  if (!exchange_.peer_is_local) socket_.set_option(tcp::no_delay(true), ec);
  process();
}

void HttpSession::start_refused(Place self) {
  self_ = self;
  error_code ec;
  socket_.non_blocking(true, ec);
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
  if (phase_ == Phase::kEnding && unsent() == 0) end_after_sending();
  if (phase_ == Phase::kLingering || (phase_ == Phase::kReceiving && served_all_)) read_soon();
  settle();
}

HttpSession::Step HttpSession::advance() {
  if (!begun_) {
    if (!HttpParser::skip_empty_lines(in_)) return Step::kStop;
    exchange_.reset();
    parser_.begin(exchange_.request, in_);
    begun_ = true;
    planned_ = false;
    request_deadline_ = now() + limits().request_ms;
  }
  if (parser_.state() == HttpParser::State::kHead && receive_head() == Step::kStop) {
    return Step::kStop;
  }
  if (!planned_ && plan_request() == Step::kStop) return Step::kStop;
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
  planned_ = true;
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
    // The body may come or not, so what follows cannot be told from a request.
    fail(*std::exchange(exchange_.plan.refusal, std::nullopt));
    return Step::kStop;
  }
  if (!parser_.body_begun(in_)) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
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
  held_ = calling_ = true;
  answered_in_call_ = false;
  owner_.parts_.router->serve(exchange_);
  calling_ = false;
  if (!answered_in_call_) return Step::kStop;
  held_ = false;
  append_answer(false);
  return Step::kOn;
}

void HttpSession::answered() noexcept {
  if (owner_.parts_.loop->is_current() && calling_) {
    answered_in_call_ = true;
    return;
  }
  asio::post(owner_.parts_.loop->context(), [this] {
    held_ = false;
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
  exchange_.writer.write(facts, out_);
  exchange_.plan.table.reset();
  drop_received(last ? in_.size() : parser_.parsed());
  begun_ = false;
  phase_ = close ? Phase::kEnding : Phase::kReceiving;
}

void HttpSession::drop_received(std::size_t n) {
  parser_.drop_body();
  if (reading_) return;  // into that buffer
  in_.consume(n);
  body_share_.release();
}

void HttpSession::fail(const Refusal& refusal) {
  if (!planned_) {
    exchange_.correlation =
        correlation_of(exchange_.request, owner_.parts_.clock->unix_micros(), *owner_.parts_.rng);
  }
  exchange_.write_refusal(refusal);
  append_answer(true);
  linger_ = true;
}

HttpSession::Step HttpSession::fail_for_room() {
  owner_.parts_.bodies->count_refusal();
  fail(unavailable(
      absl::StrFormat("body: no room, all requests together may hold %d bytes of bodies; try "
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
  } else if (unsent() != 0) {
    refusal = bad_request(
        "WebSocket: earlier answers are still being sent; open it on a connection of "
        "its own");
  } else {
    const UpgradeRequest& upgrade = *exchange_.plan.upgrade;
    const IpAddress client =
        client_address(exchange_.request, exchange_.peer, owner_.parts_.options->trusted_proxies);
    opening.accept_key = upgrade.key;
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
  error_code ec;
  const auto protocol = exchange_.peer.is_v4() ? tcp::v4() : tcp::v6();
  tcp::socket socket(owner_.parts_.loop->context());
  socket.assign(protocol, socket_.release(ec), ec);
  phase_ = Phase::kClosed;
  if (!ec) websockets->open(std::move(socket), std::move(opening));
  return Step::kStop;
}

void HttpSession::flush() {
  if (writing_ || out_.empty() || phase_ == Phase::kClosed) return;
  error_code ec;
  const std::size_t n = socket_.write_some(asio::buffer(out_), ec);
  if (ec && ec != asio::error::would_block) {
    close();
    return;
  }
  if (n == out_.size()) {
    out_.clear();
    if (out_.capacity() > kKeptCapacity) std::string().swap(out_);
    return;
  }
  std::swap(out_, sending_);
  out_.clear();
  sent_ = n;
  send_rest();
}

void HttpSession::send_rest() {
  writing_ = true;
  write_deadline_ = now() + limits().write_ms;
  socket_.async_write_some(asio::buffer(sending_) + sent_,
                           [this](error_code ec, std::size_t n) { on_sent(ec, n); });
}

void HttpSession::on_sent(error_code ec, std::size_t n) {
  writing_ = false;
  sent_ += n;
  if (ec) {
    close();
  } else if (sent_ < sending_.size() && phase_ != Phase::kClosed) {
    send_rest();
    return;
  }
  sending_.clear();
  sent_ = 0;
  if (sending_.capacity() > kKeptCapacity) std::string().swap(sending_);
  process();
}

void HttpSession::read_soon() {
  if (reading_) return;
  reading_ = true;
  if (phase_ == Phase::kReceiving) {
    read_deadline_ = begun_ ? request_deadline_ : now() + limits().keep_alive_ms;
  }
  owner_.run_queue_.read_soon(*this);
}

void HttpSession::read(ReadMode mode) {
  if (phase_ == Phase::kLingering) {
    in_.consume(in_.size());
    body_share_.release();
  }
  in_.prepare(begun_ ? 1024 : 1);
  if (mode == ReadMode::kNow) {
    error_code ec;
    const std::size_t n = socket_.read_some(asio::buffer(in_.free_begin(), in_.free_size()), ec);
    if (ec != asio::error::would_block) {
      on_read(ec, n);
      return;
    }
  }
  socket_.async_read_some(asio::buffer(in_.free_begin(), in_.free_size()),
                          [this](error_code ec, std::size_t n) { on_read(ec, n); });
}

void HttpSession::on_read(error_code ec, std::size_t n) {
  reading_ = false;
  if (phase_ == Phase::kLingering) {
    thrown_away_ += n;
    if (ec || thrown_away_ > kLingerBytes) close();
  } else if (ec) {
    // What was answered is still sent; a request cut short is not answered.
    if (phase_ == Phase::kReceiving) phase_ = Phase::kEnding;
    linger_ = false;
    if (ec != asio::error::eof) close();
  } else {
    in_.commit(n);
  }
  owner_.run_queue_.serve_soon(*this);
}

void HttpSession::end_after_sending() {
  // Closing with bytes unread would reset the connection, and the answer might be lost with it.
  if (!linger_ && in_.size() == 0) {
    close();
    return;
  }
  error_code ec;
  socket_.shutdown(StreamSocket::shutdown_send, ec);
  phase_ = Phase::kLingering;
  read_deadline_ = now() + limits().linger_ms;
}

void HttpSession::close() {
  if (phase_ == Phase::kClosed) return;
  error_code ec;
  socket_.close(ec);
  phase_ = Phase::kClosed;
}

// What has arrived whole is answered. A request that is still arriving gets a moment, not its whole
// time: that could be all the time there is for a shutdown.
void HttpSession::close_if_idle() {
  if (is_due()) serve();
  if (phase_ == Phase::kReceiving && begun_) {
    request_deadline_ = std::min(request_deadline_, now() + limits().linger_ms);
    read_deadline_ = std::min(read_deadline_, request_deadline_);
  } else if (phase_ == Phase::kReceiving && unsent() == 0) {
    close();
  } else if (phase_ == Phase::kReceiving) {
    phase_ = Phase::kEnding;
  }
  settle();
}

void HttpSession::tick() {
  if (writing_ && now() >= write_deadline_) {
    close();
  } else if (reading_ && !is_queued() && now() >= read_deadline_) {
    if (phase_ == Phase::kReceiving && begun_) {
      fail(request_timeout(
          absl::StrFormat("request: not complete after %d ms", limits().request_ms)));
    } else {
      close();
    }
    process();
    return;
  }
  settle();
}

void HttpSession::settle() {
  if (phase_ == Phase::kClosed && !reading_ && !writing_ && !held_) owner_.remove(self_);
}

}  // namespace composable::host
