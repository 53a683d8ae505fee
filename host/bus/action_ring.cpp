#include "bus/action_ring.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <utility>

namespace composable::host {

ActionRing::ActionRing(std::size_t capacity)
    : slots_(std::bit_ceil(std::max<std::size_t>(capacity, 1))) {}

bool ActionRing::observed() const { return subscribers_.load(std::memory_order_acquire) != 0; }

void ActionRing::publish(std::uint32_t action_class, std::string_view type, std::string& data,
                         std::uint64_t position, std::uint64_t cause, const Uuid& correlation) {
  MutexLock lock(mutex_);
  ObservedAction& slot = slots_[++head_ & (slots_.size() - 1)];
  slot.sequence = head_;
  slot.position = position;
  slot.cause = cause;
  slot.action_class = action_class;
  if (slot.type != type) slot.type.assign(type);
  slot.data.swap(data);
  slot.correlation = correlation;
  if (waiting_ != 0) published_.notify_all();
}

void ActionRing::close() {
  MutexLock lock(mutex_);
  closed_ = true;
  published_.notify_all();
}

std::shared_ptr<ActionSubscriber> ActionRing::subscribe(const std::shared_ptr<ActionRing>& ring) {
  MutexLock lock(ring->mutex_);
  ring->subscribers_.fetch_add(1, std::memory_order_acq_rel);
  return std::make_shared<ActionSubscriber>(ring, ring->head_ + 1);
}

ActionSubscriber::ActionSubscriber(std::shared_ptr<ActionRing> ring, std::uint64_t next)
    : ring_(std::move(ring)), next_(next) {}

ActionSubscriber::~ActionSubscriber() {
  ring_->subscribers_.fetch_sub(1, std::memory_order_acq_rel);
}

ActionSubscriber::Result ActionSubscriber::receive(ObservedAction& out, std::uint64_t& missed,
                                                   absl::Duration timeout) {
  ActionRing& ring = *ring_;
  constexpr absl::Duration kLongest = absl::Hours(24 * 365);
  const auto deadline = std::chrono::steady_clock::now() +
                        absl::ToChronoNanoseconds(std::min(timeout, kLongest));
  MutexLock lock(ring.mutex_);
  while (ring.head_ < next_) {
    if (ring.closed_) return Result::kClosed;
    if (timeout <= absl::ZeroDuration()) return Result::kTimeout;
    ++ring.waiting_;
    const bool expired =
        ring.published_.wait_until(ring.mutex_, deadline) == std::cv_status::timeout;
    --ring.waiting_;
    if (expired && ring.head_ < next_) return ring.closed_ ? Result::kClosed : Result::kTimeout;
  }
  const std::uint64_t oldest =
      ring.head_ >= ring.slots_.size() ? ring.head_ - ring.slots_.size() + 1 : 1;
  if (next_ < oldest) {
    missed = oldest - next_;
    next_ = oldest;
    return Result::kMissed;
  }
  out = ring.slots_[next_++ & (ring.slots_.size() - 1)];
  return Result::kAction;
}

}  // namespace composable::host
