#include "bus/action_ring.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <utility>

namespace composable::host {

ActionRing::ActionRing(std::size_t capacity)
    : slots_(std::bit_ceil(std::max<std::size_t>(capacity, 1))) {}

bool ActionRing::observed() const { return subscribers_.load(std::memory_order_acquire) != 0; }

std::uint32_t ActionRing::number_of(std::string_view type) {
  SpinLockHolder lock(lock_);
  const auto known = std::find(types_.begin(), types_.end(), type);
  const auto number = static_cast<std::uint32_t>(known - types_.begin());
  if (known == types_.end()) types_.emplace_back(type);
  return number;
}

void ActionRing::publish(std::uint32_t action_class, std::uint32_t type, std::string& data,
                         std::uint64_t position, std::uint64_t cause, const Uuid& correlation) {
  bool sleepers = false;
  {
    SpinLockHolder lock(lock_);
    Slot& newest = slot(++head_);
    newest.position = position;
    newest.cause = cause;
    newest.action_class = action_class;
    newest.type = type;
    newest.data.swap(data);
    newest.correlation = correlation;
    sleepers = sleepers_ != 0;
  }
  if (sleepers) wake();
}

void ActionRing::wake() {
  MutexLock sleep(sleep_);
  published_.notify_all();
}

void ActionRing::close() {
  {
    SpinLockHolder lock(lock_);
    closed_ = true;
  }
  wake();
}

std::shared_ptr<ActionSubscriber> ActionRing::subscribe(const std::shared_ptr<ActionRing>& ring) {
  SpinLockHolder lock(ring->lock_);
  ring->subscribers_.fetch_add(1, std::memory_order_acq_rel);
  return std::make_shared<ActionSubscriber>(ring, ring->head_ + 1);
}

ActionSubscriber::ActionSubscriber(std::shared_ptr<ActionRing> ring, std::uint64_t next)
    : ring_(std::move(ring)), next_(next) {}

ActionSubscriber::~ActionSubscriber() {
  ring_->subscribers_.fetch_sub(1, std::memory_order_acq_rel);
}

std::optional<ActionSubscriber::Result> ActionSubscriber::take(ObservedAction& out,
                                                               std::uint64_t& missed) {
  ActionRing& ring = *ring_;
  SpinLockHolder lock(ring.lock_);
  if (ring.head_ < next_) {
    if (ring.closed_) return Result::kClosed;
    return std::nullopt;
  }
  const std::uint64_t oldest =
      ring.head_ >= ring.slots_.size() ? ring.head_ - ring.slots_.size() + 1 : 1;
  if (next_ < oldest) {
    missed = oldest - next_;
    next_ = oldest;
    return Result::kMissed;
  }
  const ActionRing::Slot& slot = ring.slot(next_);
  out.sequence = next_++;
  out.position = slot.position;
  out.cause = slot.cause;
  out.action_class = slot.action_class;
  out.type.assign(ring.types_[slot.type]);
  out.data.assign(slot.data);
  out.correlation = slot.correlation;
  return Result::kAction;
}

ActionSubscriber::Result ActionSubscriber::receive(ObservedAction& out, std::uint64_t& missed,
                                                   absl::Duration timeout) {
  if (const auto result = take(out, missed)) return *result;
  if (timeout <= absl::ZeroDuration()) return Result::kTimeout;
  constexpr absl::Duration kLongest = absl::Hours(24 * 365);
  const auto deadline =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(std::min(timeout, kLongest));
  ActionRing& ring = *ring_;
  const auto count_sleepers = [&ring](int by) {
    SpinLockHolder lock(ring.lock_);
    ring.sleepers_ += static_cast<std::size_t>(by);
  };
  MutexLock sleep(ring.sleep_);
  count_sleepers(+1);
  std::optional<Result> result;
  bool expired = false;
  while (!(result = take(out, missed)) && !expired) {
    expired = ring.published_.wait_until(ring.sleep_, deadline) == std::cv_status::timeout;
  }
  count_sleepers(-1);
  return result.value_or(Result::kTimeout);
}

}  // namespace composable::host
