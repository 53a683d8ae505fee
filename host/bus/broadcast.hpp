// What the store tells the world: actions that effects produced, encoded once, in apply order.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/uuid.hpp"

namespace composable::host {

// One broadcast action. The views point into the batch that holds it.
struct Broadcast {
  std::uint32_t domain = 0;   // number of the domain in this host, from its catalogue
  std::uint32_t type = 0;     // number of the action type in its domain
  std::uint32_t action_class = 0;  // COMPOSABLE_CLASS_*
  std::uint32_t visibility = 0;    // COMPOSABLE_VISIBILITY_*
  std::uint64_t position = 0;      // in the log; 0 when not stored
  std::uint64_t origin = 0;        // Caller::origin of the cause: the socket that sent it, or 0
  Uuid correlation;
  std::string_view domain_name;
  std::string_view type_name;
  std::string_view stream;  // empty when not stored
  std::string_view owner;   // visibility user: whose it is
  std::string_view data;    // the payload's wire JSON
};

// Immutable once published; shared by all loops.
class BroadcastBatch {
 public:
  // Copies what the views of `b` point to. The names must outlive the batch.
  void add(const Broadcast& b);
  const std::vector<Broadcast>& items() const { return items_; }
  bool empty() const { return items_.empty(); }

 private:
  std::vector<Broadcast> items_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* free_ = nullptr;
  std::size_t left_ = 0;
};

// One loop's ear. deliver is called on any thread, in apply order per domain; it must not block and
// hands over to its own thread.
class BroadcastListener {
 public:
  virtual ~BroadcastListener() = default;
  virtual void deliver(std::shared_ptr<const BroadcastBatch> batch) = 0;
  // [any] Whether anybody there would hear it; false spares the encoding.
  virtual bool listening() const = 0;
};

// Hands each batch to every loop once.
class BroadcastBus {
 public:
  void add(BroadcastListener* listener);     // before serving
  void remove(BroadcastListener* listener);  // after the last deliver
  bool listening() const;                    // [any]
  void publish(std::shared_ptr<const BroadcastBatch> batch);  // [any]

 private:
  mutable absl::Mutex mutex_;
  std::vector<BroadcastListener*> listeners_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace composable::host
