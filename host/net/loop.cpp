#include "net/loop.hpp"

#include <chrono>
#include <exception>
#include <latch>

#include "observe/host_thread.hpp"
#include "runtime/loop_thread.hpp"

namespace composable::host {
namespace {

thread_local Loop* current_loop = nullptr;

}  // namespace

Loop::Loop(std::uint32_t number, Clock& clock, std::int64_t tick_ms)
    : number_(number), clock_(clock), tick_ms_(tick_ms) {
  update_time();
}

Loop::~Loop() { stop(); }

Loop* Loop::current() { return current_loop; }

void Loop::start() {
  schedule_tick();
  thread_ = start_host_thread("loop", [this] {
    const LoopThread loop;
    current_loop = this;
    while (!contain_exceptions("loop", [this] { background_.run(); })) {
    }
    current_loop = nullptr;
  });
}

void Loop::stop() {
  background_.stop();
  if (thread_.joinable()) thread_.join();
}

void Loop::post(Task task) { asio::post(context_, std::move(task)); }

void Loop::run_and_wait(const std::function<void()>& task) {
  std::latch done(1);
  std::exception_ptr thrown;  // the caller's
  post([&] {
    try {
      task();
    } catch (...) {
      thrown = std::current_exception();
    }
    done.count_down();
  });
  done.wait();
  if (thrown) std::rethrow_exception(thrown);
}

void Loop::update_time() {
  now_ms_ = clock_.steady_micros() / 1000;
  const std::int64_t second = clock_.unix_micros() / 1'000'000;
  if (second != date_second_) write_http_date(date_second_ = second, date_);
}

void Loop::schedule_tick() {
  tick_timer_.expires_after(std::chrono::milliseconds(tick_ms_));
  tick_timer_.async_wait([this](error_code ec) {
    if (!ec) tick();
  });
}

void Loop::tick() {
  update_time();
  for (const auto& listener : tick_listeners_) listener();
  schedule_tick();
}

void Loop::set_timer(std::uint64_t id, std::int64_t micros, Task task) {
  const std::int64_t due = clock_.steady_micros() + (micros < 0 ? 0 : micros);
  due_by_id_[id] = due;
  timers_.emplace(TimerKey{due, id}, std::move(task));
  arm_timer();
}

void Loop::cancel_timer(std::uint64_t id) {
  const auto due = due_by_id_.find(id);
  if (due == due_by_id_.end()) return;
  timers_.erase(TimerKey{due->second, id});
  due_by_id_.erase(due);
}

// A timer armed too early fires for nothing and arms itself again; so a cancel costs no system
// call.
void Loop::arm_timer() {
  if (timers_.empty()) return;
  const std::int64_t due = timers_.begin()->first.first;
  if (armed_for_ != 0 && armed_for_ <= due) return;
  armed_for_ = due;
  next_timer_.expires_after(std::chrono::microseconds(due - clock_.steady_micros()));
  next_timer_.async_wait([this](error_code ec) {
    if (!ec) fire_timers();
  });
}

void Loop::fire_timers() {
  armed_for_ = 0;
  const std::int64_t now = clock_.steady_micros();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    auto timer = timers_.extract(timers_.begin());
    due_by_id_.erase(timer.key().second);
    timer.mapped()();
  }
  arm_timer();
}

}  // namespace composable::host
