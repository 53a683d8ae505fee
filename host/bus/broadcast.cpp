#include "bus/broadcast.hpp"

#include <algorithm>
#include <cstring>

namespace composable::host {

void BroadcastBatch::add(const Broadcast& b) {
  constexpr std::size_t kBlock = 4096;
  const std::size_t need = b.stream.size() + b.owner.size() + b.data.size();
  if (need > left_) {
    const std::size_t size = std::max(kBlock, need);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    free_ = blocks_.back().get();
    left_ = size;
  }
  const auto keep = [this](std::string_view text) {
    if (text.empty()) return std::string_view();
    char* at = free_;
    std::memcpy(at, text.data(), text.size());
    free_ += text.size();
    left_ -= text.size();
    return std::string_view(at, text.size());
  };
  Broadcast& item = items_.emplace_back(b);
  item.stream = keep(b.stream);
  item.owner = keep(b.owner);
  item.data = keep(b.data);
}

void BroadcastBus::add(BroadcastListener* listener) {
  absl::MutexLock lock(&mutex_);
  listeners_.push_back(listener);
}

void BroadcastBus::remove(BroadcastListener* listener) {
  absl::MutexLock lock(&mutex_);
  listeners_.erase(std::remove(listeners_.begin(), listeners_.end(), listener), listeners_.end());
}

bool BroadcastBus::listening() const {
  absl::ReaderMutexLock lock(&mutex_);
  return std::any_of(listeners_.begin(), listeners_.end(),
                     [](const BroadcastListener* l) { return l->listening(); });
}

void BroadcastBus::publish(std::shared_ptr<const BroadcastBatch> batch) {
  absl::ReaderMutexLock lock(&mutex_);
  for (BroadcastListener* listener : listeners_) {
    if (listener->listening()) listener->deliver(batch);
  }
}

}  // namespace composable::host
