#include "events/append_queue.hpp"

#include <utility>

#include "absl/time/clock.h"

namespace composable::host {

AppendQueue::Put AppendQueue::put(QueuedAppend& item) {
  const MutexLock lock(mutex_);
  if (closed_) return Put::kClosed;
  const bool bounded_elsewhere = item.request != nullptr && item.request->flight != 0;
  const bool full = items_.size() >= max_requests_ || bytes_ + item.bytes > max_bytes_;
  if (full && !bounded_elsewhere) return Put::kFull;
  bytes_ += item.bytes;
  items_.push_back(std::move(item));
  ready_.notify_one();
  return Put::kTaken;
}

bool AppendQueue::take(std::vector<QueuedAppend>& batch, const BatchLimits& limits,
                       absl::Duration patience) {
  batch.clear();
  const MutexLock lock(mutex_);
  const auto deadline = absl::ToChronoTime(absl::Now() + patience);
  while (items_.empty() && !closed_) {
    if (ready_.wait_until(mutex_, deadline) == std::cv_status::timeout) break;
  }
  std::size_t bytes = 0, events = 0;
  while (!items_.empty() && batch.size() < limits.requests) {
    const QueuedAppend& next = items_.front();
    const bool fits = bytes + next.bytes <= limits.bytes && events + next.events <= limits.events &&
                      next.write == nullptr;
    if (!fits && !batch.empty()) break;
    bytes += next.bytes;
    events += next.events;
    batch.push_back(std::move(items_.front()));
    items_.pop_front();
    if (batch.back().write != nullptr) break;
  }
  bytes_ -= bytes;
  return !batch.empty() || !closed_;
}

void AppendQueue::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  ready_.notify_one();
}

bool AppendQueue::empty() const { return requests() == 0; }

std::size_t AppendQueue::requests() const {
  const MutexLock lock(mutex_);
  return items_.size();
}

std::size_t AppendQueue::bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

void hand_back(std::vector<QueuedAppend>& batch) {
  std::vector<std::unique_ptr<AppendRequest>> answered;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    AppendListener* const listener = batch[i].listener;
    if (listener == nullptr) continue;  // went with an earlier one of the same listener
    answered.clear();
    for (std::size_t j = i; j < batch.size(); ++j) {
      if (batch[j].listener != listener) continue;
      answered.push_back(std::move(batch[j].request));
      batch[j].listener = nullptr;
    }
    listener->appended(absl::MakeSpan(answered));
  }
  batch.clear();
}

}  // namespace composable::host
