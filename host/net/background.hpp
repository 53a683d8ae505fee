// A Background runs a loop: its handlers, and between them the long work that is scheduled here.
// First all handlers that are ready run, then the work gets a turn, and so on.
//
// A turn is short, because what arrives during it waits for its end. While there are always more
// handlers ready than fit between two turns, each side gets half of the time, and work that is late
// gets more: neither starves the other.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "net/asio.hpp"
#include "runtime/clock.hpp"

namespace composable::host {

// [loop] all of it, except stop().
class Background {
 public:
  enum class Left : std::uint8_t { kNothing, kSome, kLate };  // kLate: some, for too long

  class Task {
   public:
    // Works for about so long; at least one step.
    virtual Left run_for(std::int64_t micros) = 0;

   protected:
    ~Task() = default;
  };

  static constexpr std::int64_t kTurnMicros = 200;
  static constexpr std::int64_t kMaxShare = 16;  // of late work, times what the handlers get

  Background(asio::io_context& io, Clock& clock) : io_(io), clock_(clock) {}
  Background(const Background&) = delete;

  asio::io_context& io() { return io_; }

  // Runs handlers and tasks until stop(), or until nothing is left that could ever be ready.
  void run();
  // [any] run() returns soon; handlers that have not run are left.
  void stop();

  // Gives `task` turns until it has nothing more to do. One call is enough until then.
  void schedule(Task& task);
  void remove(Task& task);

  // Runs ready handlers, then one turn, for a loop that is driven by hand. Returns whether there is
  // more to do.
  bool run_turn();

 private:
  std::int64_t run_what_is_ready();

  asio::io_context& io_;
  Clock& clock_;
  std::vector<Task*> tasks_;  // with work, the next one first
  std::int64_t share_ = 1;    // of the work in a saturated loop, times what the handlers get
  bool is_waiting_ = false;   // handlers run without a look at the tasks: there are none
  std::atomic<bool> is_stopped_{false};
};

}  // namespace composable::host
