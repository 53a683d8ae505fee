#include "net/background.hpp"

#include <algorithm>

namespace composable::host {

void Background::schedule(Task& task) {
  if (std::find(tasks_.begin(), tasks_.end(), &task) != tasks_.end()) return;
  tasks_.push_back(&task);
  if (is_running_) return;
  is_running_ = true;
  asio::post(io_, [this] { run(); });
}

void Background::remove(Task& task) { std::erase(tasks_, &task); }

// The handlers of the loop run from here while there is background work; Asio allows that.
void Background::run() {
  while (!io_.stopped()) {
    turn_ = std::max(kTurnMicros, run_what_is_ready());
    if (tasks_.empty()) {
      is_running_ = false;
      return;
    }
    Task* const task = tasks_.front();
    const bool has_more = task->run_for(turn_);
    if (std::erase(tasks_, task) > 0 && has_more) tasks_.push_back(task);
  }
  asio::post(io_, [this] { run(); });  // should the loop ever go on
}

// Returns how long it took, when it had to be broken off; 0 when nothing more is ready.
std::int64_t Background::run_what_is_ready() {
  const std::int64_t from = clock_.steady_micros();
  while (io_.poll_one() > 0) {
    const std::int64_t took = clock_.steady_micros() - from;
    if (took >= turn_) return took;
  }
  return 0;
}

}  // namespace composable::host
