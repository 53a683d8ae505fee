// An HttpSession is one HTTP connection.
//
// In its turn it answers every request that its last read brought, and sends all answers at once.
// A route holds at most one of its requests at a time; until that answer has ended, the session
// reads nothing and the request stays in place. [loop], except answered(). It ends when it is
// closed and no route holds it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "http/exchange.hpp"
#include "http/http_parser.hpp"
#include "http/read_buffer.hpp"
#include "net/asio.hpp"
#include "net/body_budget.hpp"
#include "net/http_sessions.hpp"
#include "net/run_queue.hpp"
#include "net/send_buffer.hpp"
#include "net/transport.hpp"

namespace composable::host {

// [loop] but for answered(). It ends when it is closed and no route holds it any more.
class HttpSession final : public AnswerListener,
                          public RunQueue::Session,
                          public TransportListener {
 public:
  HttpSession(HttpSessions& owner, std::unique_ptr<Transport> transport,
              const StreamProtocol::endpoint& peer);

  using Place = std::list<std::unique_ptr<HttpSession>>::iterator;
  void start(Place self);
  void start_refused(Place self);  // beyond the bound: 503
  void tick();
  void close_if_idle();               // at the end of a drain
  void answered() noexcept override;  // [any]

 private:
  enum class Phase : std::uint8_t {
    kReceiving,  // waits for the rest of a request, or for the next
    kAnswering,  // a route makes the answer
    kEnding,     // the last answer is written; it is being sent
    kLingering,  // all is sent; further input is discarded
    kClosed,
  };
  // The request at the front of what was received.
  enum class Progress : std::uint8_t {
    kNone,     // nothing of it is there
    kBegun,    // its first byte is
    kPlanned,  // its head is, and was looked at
  };
  // Who has the request.
  enum class Holder : std::uint8_t {
    kNobody,
    kRouter,    // the router is being called right now, on this loop
    kAnswered,  // it has answered within the call
    kHandler,   // a domain's, which answers later, maybe after a close
  };
  enum class Step : bool { kStop, kOn };

  const HttpLimits& limits() const { return owner_.parts_.options->limits; }
  std::int64_t now() const { return owner_.parts_.loop->now_ms(); }
  bool is_behind() const { return out_.unsent() > limits().unsent_bytes; }

  void serve() override;
  void send() override;
  void read(ReadMode mode) override;
  bool is_due() const { return is_queued() && !reading_; }  // stands in the queue to be served
  void process();  // serves and sends now, unless its turn is due
  Step advance();
  Step receive_head();
  Step receive_body();
  Step plan_request();
  Step dispatch();
  Step hand_over();
  void fail(const Refusal& refusal);  // the framing is lost
  Step fail_for_room();               // for this body, next to all others
  void drop_received(std::size_t n);  // the request is answered
  void append_answer(bool last);

  void flush();
  void on_writable() override;
  void read_soon();
  void on_read(IoResult result) override;
  void end_after_sending();
  void close();
  void destroy_if_done();  // `this` may be gone

  HttpSessions& owner_;
  std::unique_ptr<Transport> transport_;  // null: handed over
  Place self_;
  Phase phase_ = Phase::kReceiving;
  Progress progress_ = Progress::kNone;
  Holder holder_ = Holder::kNobody;
  bool linger_ = false;      // the client may not have finished sending
  bool reading_ = false;     // a read waits for its turn, or for bytes
  bool served_all_ = false;  // of what there is; to receive more it has to read
  std::int64_t read_deadline_ = 0, request_deadline_ = 0;
  std::size_t thrown_away_ = 0;
  ReadBuffer in_;
  HttpParser parser_;
  BodyShare body_share_;
  Exchange exchange_;
  SendBuffer out_;
};

}  // namespace composable::host
