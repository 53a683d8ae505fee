// A Background does the long work of one loop in turns, between everything else that the loop has
// to do: first all that is ready runs, then the work gets a turn, and so on.
//
// A turn is short while the loop is otherwise idle, because what arrives during it waits for its
// end. While there is always more ready than fits between two turns, each side gets half of the
// time: neither starves the other.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "net/asio.hpp"
#include "runtime/clock.hpp"

namespace composable::host {

// [loop] all of it. Destroyed when the loop has stopped, before the io_context.
class Background {
 public:
  class Task {
   public:
    // Works for about so long; at least one step. Whether there is more to do.
    virtual bool run_for(std::int64_t micros) = 0;

   protected:
    ~Task() = default;
  };

  static constexpr std::int64_t kTurnMicros = 200;

  Background(asio::io_context& io, Clock& clock) : io_(io), clock_(clock) {}
  Background(const Background&) = delete;

  asio::io_context& io() { return io_; }

  // Gives `task` turns until it has nothing more to do. Once is enough until then.
  void schedule(Task& task);
  void remove(Task& task);

 private:
  void run();
  std::int64_t run_what_is_ready();

  asio::io_context& io_;
  Clock& clock_;
  std::vector<Task*> tasks_;  // with work, the next one first
  bool is_running_ = false;   // or posted
  std::int64_t turn_ = kTurnMicros;
};

}  // namespace composable::host
