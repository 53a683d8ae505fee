#include "net/background.hpp"

#include <algorithm>

namespace composable::host {

void Background::schedule(Task& task) {
  if (std::find(tasks_.begin(), tasks_.end(), &task) != tasks_.end()) return;
  tasks_.push_back(&task);
  if (is_waiting_) io_.stop();  // so that run() looks
}

void Background::remove(Task& task) { std::erase(tasks_, &task); }

void Background::stop() {
  is_stopped_ = true;  // first: run() may just be restarting the loop
  io_.stop();
}

void Background::run() {
  while (!is_stopped_) {
    if (!tasks_.empty()) {
      run_turn();
      continue;
    }
    is_waiting_ = true;
    io_.run();
    is_waiting_ = false;
    if (tasks_.empty()) return;
    io_.restart();
  }
}

bool Background::run_turn() {
  const std::int64_t handlers_took = run_what_is_ready();
  if (tasks_.empty() || is_stopped_) return false;
  Task* const task = tasks_.front();
  const Left left = task->run_for(std::max(kTurnMicros, handlers_took * share_));
  const bool is_late = left == Left::kLate && handlers_took > 0;
  share_ = is_late ? std::min(share_ * 2, kMaxShare) : std::max<std::int64_t>(share_ / 2, 1);
  if (std::erase(tasks_, task) > 0 && left != Left::kNothing) tasks_.push_back(task);
  return !tasks_.empty();
}

// Returns how long it took when it had to be broken off; 0 when nothing more is ready.
std::int64_t Background::run_what_is_ready() {
  const std::int64_t from = clock_.steady_micros();
  while (!is_stopped_ && io_.poll_one() > 0) {
    const std::int64_t took = clock_.steady_micros() - from;
    if (took >= kTurnMicros) return took;
  }
  if (!is_stopped_ && io_.stopped()) io_.restart();  // nothing is left but the tasks
  return 0;
}

}  // namespace composable::host
