// A Loop is one thread with its own io_context, on which connections, timers and drained domains
// live and end. Functions marked [any] may be called from any thread, the others on the loop's own
// thread or before it starts.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "http/http_date.hpp"
#include "net/asio.hpp"
#include "net/background.hpp"
#include "runtime/clock.hpp"
#include "runtime/scheduler.hpp"

namespace composable::host {

class Loop {
 public:
  // `tick_ms`: how often the coarse time moves and the tick listeners are called.
  Loop(std::uint32_t number, Clock& clock, std::int64_t tick_ms);
  ~Loop();  // stops
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void start();
  void stop();  // [not its loop] returns when the thread has ended; tasks not yet run are dropped

  static Loop* current();  // [any] the loop whose thread this is; null: none
  bool is_current() const { return current() == this; }  // [any]
  std::uint32_t number() const { return number_; }       // [any]
  asio::io_context& context() { return context_; }
  Background& background() { return background_; }

  void post(Task task);  // [any] never inline
  // [not its loop] Once started: runs `task` and returns when it has run.
  void run_and_wait(const std::function<void()>& task);

  // Runs `task` once, `micros` from now at the earliest. `id` is the caller's, unique in the loop.
  void set_timer(std::uint64_t id, std::int64_t micros, Task task);
  void cancel_timer(std::uint64_t id);

  // Called once per tick for as long as the loop runs.
  void on_tick(std::function<void()> listener) { tick_listeners_.push_back(std::move(listener)); }

  std::int64_t now_ms() const { return now_ms_; }  // monotonic, as of the last tick
  std::string_view date() const { return {date_.data(), date_.size()}; }

 private:
  using TimerKey = std::pair<std::int64_t, std::uint64_t>;  // due, id

  void tick();
  void update_time();
  void schedule_tick();
  void arm_timer();
  void fire_timers();

  const std::uint32_t number_;
  Clock& clock_;
  const std::int64_t tick_ms_;
  // One thread runs it, and only that thread touches its sockets: nothing of theirs is locked.
  asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  Background background_{context_, clock_};
  asio::steady_timer tick_timer_{context_};
  asio::steady_timer next_timer_{context_};
  std::int64_t armed_for_ = 0;  // due time that next_timer_ waits for; 0: none
  std::map<TimerKey, Task> timers_;
  absl::flat_hash_map<std::uint64_t, std::int64_t> due_by_id_;
  std::vector<std::function<void()>> tick_listeners_;
  std::int64_t now_ms_ = 0;
  std::int64_t date_second_ = -1;
  std::array<char, kHttpDateLength> date_{};
  std::thread thread_;
};

}  // namespace composable::host
