// A TopicTable knows which domain listens to which topic and delivers what is published.
//
// A topic is a name that exists while a listener is subscribed to it. The table holds no pointer
// into a plugin: names are copied, payloads are text, and listeners are held weakly.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "runtime/mutex.hpp"
#include "runtime/uuid.hpp"

namespace composable::host {

// A published message, encoded once for all listeners, with what their causes take over from it.
struct TopicMessage {
  std::string topic;
  std::string domain;  // the publisher
  std::string type;    // name of the event's type there
  std::string data;    // wire JSON, by the generation that made it
  Uuid correlation;
  Uuid cause;
  std::string actor;
  std::string traceparent;
  std::uint32_t hops = 1;  // topics passed one after the other, this one included
};

// A TopicListener receives the messages of topics for one domain.
class TopicListener {
 public:
  virtual ~TopicListener() = default;
  // [any, maybe inside this domain's own serial section] Queues the message to be handled later:
  // must neither block nor handle it here. A failure names the domain that refused it, and says
  // why.
  virtual absl::Status deliver(std::shared_ptr<const TopicMessage> message) = 0;
};

// What became of one message.
struct Published {
  absl::Status status;        // a failure names every domain that refused it; the others have it
  std::size_t listeners = 0;  // 0 is no failure
  std::size_t taken = 0;
  bool first_without_listener = false;  // no listener, and earlier messages of this topic had one

  bool ok() const { return status.ok(); }
};

class TopicTable {
 public:
  // Topics without a listener that are remembered for first_without_listener. Their names may come
  // from clients, so their number is bounded; beyond it no further topic is reported.
  static constexpr std::size_t kMaxWithoutListener = 1024;

  // [any] From now on `listener` receives what is published on `topics`, each message once, and
  // nothing else, whatever it listened to before. In a topic that it keeps it also keeps its place
  // in the order.
  void listen(const std::shared_ptr<TopicListener>& listener, absl::Span<const std::string> topics);
  // [any] `listener` receives nothing more. A publish that is under way may still deliver.
  void leave(const TopicListener& listener);

  // [any] Delivers the message to every listener, in the order in which they began to listen.
  Published publish(const std::shared_ptr<const TopicMessage>& message);

 private:
  using Listeners = std::vector<std::weak_ptr<TopicListener>>;

  // Removes `listener`, and listeners that no longer exist, from all topics that are not in `kept`.
  void leave_others(const TopicListener& listener, absl::Span<const std::string> kept)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  bool is_first_without_listener(const std::string& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;  // never held while a listener is called
  absl::flat_hash_map<std::string, std::shared_ptr<const Listeners>> topics_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<std::string> without_listener_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace composable::host
