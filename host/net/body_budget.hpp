// A BodyBudget bounds how many bytes of request bodies the host holds at once, arriving or held by
// routes, over all connections. The loops of one server share it.
//
// A body that fits a connection's own buffer is not counted: the number of connections bounds
// those buffers, and so most requests touch nothing that loops share.
#pragma once
#include <atomic>
#include <cstddef>

#include "http/read_buffer.hpp"
#include "observe/metrics.hpp"

namespace composable::host {

class BodyBudget {
 public:
  static constexpr std::size_t kUncounted = ReadBuffer::kInitial;

  // Counts in `refused`, which may be null, the requests that found no room.
  explicit BodyBudget(std::size_t limit, Counter* refused = nullptr)
      : limit_(limit), refused_(refused) {}

  // [any]
  std::size_t limit() const { return limit_; }
  std::size_t held() const { return held_.load(std::memory_order_relaxed); }
  // Whether a body of that length would fit now. Nothing is reserved: a client that announces bytes
  // and does not send them takes nothing from others.
  bool has_room_for(std::size_t bytes) const {
    return bytes <= kUncounted || (bytes <= limit_ && held() <= limit_ - bytes);
  }
  void count_refusal() {
    if (refused_ != nullptr) refused_->add();
  }

 private:
  friend class BodyShare;

  bool take(std::size_t bytes) {
    if (held_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit_) return true;
    give_back(bytes);
    return false;
  }
  void give_back(std::size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

  const std::size_t limit_;
  Counter* const refused_;
  std::atomic<std::size_t> held_{0};
};

// The share of one connection, released at the latest when the connection ends. [loop]
class BodyShare {
 public:
  explicit BodyShare(BodyBudget& budget) : budget_(budget) {}
  ~BodyShare() { release(); }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;

  // The body has that many bytes now, no fewer than before. False: they do not fit.
  bool grow_to(std::size_t bytes) {
    if (bytes <= BodyBudget::kUncounted) return true;
    if (!budget_.take(bytes - held_)) return false;
    held_ = bytes;
    return true;
  }
  void release() {
    if (held_ == 0) return;
    budget_.give_back(held_);
    held_ = 0;
  }

 private:
  BodyBudget& budget_;
  std::size_t held_ = 0;
};

}  // namespace composable::host
