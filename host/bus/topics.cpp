#include "bus/topics.hpp"

#include <algorithm>
#include <utility>

namespace composable::host {

void TopicTable::listen(const std::shared_ptr<TopicListener>& listener,
                        absl::Span<const std::string> topics) {
  MutexLock lock(mutex_);
  leave_others(*listener, topics);
  for (const std::string& topic : topics) {
    std::shared_ptr<const Listeners>& listeners = topics_[topic];
    Listeners more = listeners == nullptr ? Listeners() : *listeners;
    const bool listens = std::any_of(more.begin(), more.end(),
                                     [&](const auto& other) { return other.lock() == listener; });
    if (listens) continue;
    more.push_back(listener);
    listeners = std::make_shared<const Listeners>(std::move(more));
    without_listener_.erase(topic);
  }
}

void TopicTable::leave(const TopicListener& listener) {
  MutexLock lock(mutex_);
  leave_others(listener, {});
}

void TopicTable::leave_others(const TopicListener& listener, absl::Span<const std::string> kept) {
  for (auto& [topic, listeners] : topics_) {
    const bool keeps = std::find(kept.begin(), kept.end(), topic) != kept.end();
    Listeners fewer;
    for (const std::weak_ptr<TopicListener>& other : *listeners) {
      const std::shared_ptr<TopicListener> alive = other.lock();
      if (alive != nullptr && (keeps || alive.get() != &listener)) fewer.push_back(other);
    }
    if (fewer.size() != listeners->size()) {
      listeners = std::make_shared<const Listeners>(std::move(fewer));
    }
  }
  absl::erase_if(topics_, [](const auto& topic) { return topic.second->empty(); });
}

bool TopicTable::is_first_without_listener(const std::string& topic) {
  return without_listener_.size() < kMaxWithoutListener && without_listener_.insert(topic).second;
}

Published TopicTable::publish(const std::shared_ptr<const TopicMessage>& message) {
  Published published;
  std::shared_ptr<const Listeners> listeners;
  {
    MutexLock lock(mutex_);
    const auto found = topics_.find(message->topic);
    if (found == topics_.end()) {
      published.first_without_listener = is_first_without_listener(message->topic);
      return published;
    }
    listeners = found->second;
  }
  absl::Status& failed = published.status;
  for (const std::weak_ptr<TopicListener>& listener : *listeners) {
    const std::shared_ptr<TopicListener> alive = listener.lock();
    if (alive == nullptr) continue;
    ++published.listeners;
    const absl::Status status = alive->deliver(message);
    if (status.ok()) {
      ++published.taken;
      continue;
    }
    failed = failed.ok() ? status
                         : absl::Status(failed.code(), std::string(failed.message()) + "; " +
                                                           std::string(status.message()));
  }
  return published;
}

}  // namespace composable::host
