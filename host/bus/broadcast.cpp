#include "bus/broadcast.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace composable::host {

void BroadcastBatch::add(const Broadcast& b) {
  constexpr std::size_t kBlock = 4096;
  const std::size_t need = b.stream.size() + b.user.size() + b.data.size();
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
  item.user = keep(b.user);
  item.data = keep(b.data);
}

void BroadcastBus::add(BroadcastListener* listener) {
  std::size_t slot = 0;
  while (slot < slots_.load() && listeners_[slot].load() != nullptr) ++slot;
  if (slot == kMaxListeners) std::abort();  // more loops than a machine has cores
  listeners_[slot].store(listener);
  if (slot == slots_.load()) slots_.store(slot + 1);
}

void BroadcastBus::remove(BroadcastListener* listener) {
  for (auto& slot : listeners_) {
    if (slot.load() == listener) slot.store(nullptr);
  }
}

bool BroadcastBus::listening() const {
  const std::size_t n = slots_.load(std::memory_order_acquire);
  for (std::size_t slot = 0; slot < n; ++slot) {
    const BroadcastListener* listener = listeners_[slot].load(std::memory_order_acquire);
    if (listener != nullptr && listener->listening()) return true;
  }
  return false;
}

void BroadcastBus::publish(std::shared_ptr<const BroadcastBatch> batch) {
  const std::size_t n = slots_.load(std::memory_order_acquire);
  for (std::size_t slot = 0; slot < n; ++slot) {
    BroadcastListener* listener = listeners_[slot].load(std::memory_order_acquire);
    if (listener != nullptr && listener->listening()) listener->deliver(batch);
  }
}

}  // namespace composable::host
