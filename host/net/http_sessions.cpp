#include "net/http_sessions.hpp"

#include <utility>

#include "net/http_session.hpp"

namespace composable::host {

HttpSessions::HttpSessions(HttpSessionParts parts) : parts_(parts), run_queue_(*parts.loop) {
  parts_.loop->on_tick([this] { tick(); });
}

HttpSessions::~HttpSessions() = default;

void HttpSessions::open(std::unique_ptr<Transport> transport,
                        const StreamProtocol::endpoint& peer) {
  const bool full = sessions_.size() >= parts_.options->limits.connections;
  const auto self = sessions_.insert(
      sessions_.end(), std::make_unique<HttpSession>(*this, std::move(transport), peer));
  if (full) {
    (*self)->start_refused(self);
  } else {
    (*self)->start(self);
  }
}

void HttpSessions::tick() {
  for (auto session = sessions_.begin(); session != sessions_.end();) (*session++)->tick();
}

void HttpSessions::close_idle() {
  for (auto session = sessions_.begin(); session != sessions_.end();) {
    (*session++)->close_if_idle();
  }
}

void HttpSessions::when_empty(std::function<void()> task) {
  if (sessions_.empty()) {
    task();
  } else {
    when_empty_ = std::move(task);
  }
}

void HttpSessions::remove(Sessions::iterator session) {
  sessions_.erase(session);
  if (sessions_.empty() && when_empty_) std::exchange(when_empty_, nullptr)();
}

}  // namespace composable::host
