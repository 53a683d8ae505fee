#include "fanout/inbox.hpp"

#include <utility>

namespace composable::host {

void Inbox::push(Item item) {
  {
    const MutexLock lock(mutex_);
    items_.push_back(std::move(item));
    if (std::exchange(woken_, true)) return;
  }
  wake_();
}

void Inbox::drain() {
  {
    const MutexLock lock(mutex_);
    woken_ = false;
    taken_.swap(items_);
  }
  if (handler_) {
    for (Item& item : taken_) handler_(item);
  }
  taken_.clear();
}

void Inbox::close() { handler_ = nullptr; }

}  // namespace composable::host
