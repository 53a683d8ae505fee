// Feedback queues the results of a domain's own effects. They are decided before anything else in
// its mailbox. [serial]
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "store/causes.hpp"

namespace composable::host {

struct FeedbackItem {
  std::uint32_t type = 0;
  std::string data;        // wire JSON
  Scope* scope = nullptr;  // holds one count of it
};

class Feedback {
 public:
  void put(std::uint32_t type, std::string data, Scope& scope) {
    ++scope.outstanding;
    queue_.push_back({type, std::move(data), &scope});
    count();
  }
  FeedbackItem take() {  // the oldest, with its count
    FeedbackItem next = std::move(queue_.front());
    queue_.pop_front();
    count();
    return next;
  }

  // Removes what a delay of that key has queued and that is not decided yet.
  void cancel(const std::string& key, Causes& causes) {
    std::erase_if(queue_, [&](const FeedbackItem& waiting) {
      Cause& cause = *waiting.scope->cause;
      if (cause.fired_timer != key || waiting.scope != &cause.root) return false;
      causes.release_later(*waiting.scope);
      return true;
    });
    count();
  }

  bool empty() const { return queue_.empty(); }
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }  // [any]

 private:
  void count() { size_.store(queue_.size(), std::memory_order_relaxed); }

  std::deque<FeedbackItem> queue_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace composable::host
