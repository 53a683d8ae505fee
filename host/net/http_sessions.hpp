// HttpSessions owns the HTTP connections of one loop and one router: it opens them, checks their
// timeouts, and ends them.
#pragma once
#include <cstddef>
#include <functional>
#include <list>
#include <memory>

#include "http/exchange.hpp"
#include "http/http_options.hpp"
#include "net/asio.hpp"
#include "net/body_budget.hpp"
#include "net/loop.hpp"
#include "net/run_queue.hpp"
#include "net/transport.hpp"
#include "net/websocket_acceptor.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"

namespace composable::host {

class HttpSession;

// The dependencies of sessions; all outlive them.
struct HttpSessionParts {
  Loop* loop = nullptr;
  Router* router = nullptr;
  const HttpOptions* options = nullptr;
  Clock* clock = nullptr;
  Rng* rng = nullptr;
  BodyBudget* bodies = nullptr;
  FailureLog* log = nullptr;                // may be null
  WebsocketAcceptor* websockets = nullptr;  // null: the paths are not there
};

// [loop] all of it. Destroyed when the loop has stopped and no route holds a request any more.
class HttpSessions {
 public:
  explicit HttpSessions(HttpSessionParts parts);
  ~HttpSessions();

  // Takes a connection that was just accepted.
  void open(std::unique_ptr<Transport> transport, const StreamProtocol::endpoint& peer);

  // From now on every answer closes its connection.
  void drain() { draining_ = true; }
  // Closes the connections without a request; the others close after their answer.
  void close_idle();
  // Calls `task` once, when there is no connection any more; now, maybe.
  void when_empty(std::function<void()> task);

  std::size_t size() const { return sessions_.size(); }

 private:
  friend class HttpSession;
  using Sessions = std::list<std::unique_ptr<HttpSession>>;

  void tick();
  void remove(Sessions::iterator session);

  const HttpSessionParts parts_;
  RunQueue run_queue_;
  Sessions sessions_;
  bool draining_ = false;
  std::function<void()> when_empty_;
};

}  // namespace composable::host
