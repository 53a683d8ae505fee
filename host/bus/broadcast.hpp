// A BroadcastBus hands the actions of all domains to every loop. Each action is encoded once; a
// domain's actions come in apply order.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/uuid.hpp"

namespace composable::host {

// One broadcast action. The views point into the batch that holds it.
struct Broadcast {
  std::uint32_t domain = 0;        // number of the domain in this host, from its catalogue
  std::uint32_t type = 0;          // number of the action type in its domain
  std::uint32_t action_class = 0;  // COMPOSABLE_CLASS_*
  std::uint32_t visibility = 0;    // COMPOSABLE_VISIBILITY_*
  std::uint64_t position = 0;      // in the log; 0 when not stored
  std::uint64_t origin = 0;        // Caller::origin of the cause: the socket that sent it, or 0
  Uuid correlation;
  std::string_view domain_name;
  std::string_view type_name;
  std::string_view stream;  // empty when not stored
  std::string_view user;    // that caused it; empty: nobody known
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

// A BroadcastListener receives broadcasts for one loop. deliver is called on any thread, in apply
// order per domain; it must not block and hands over to its own thread.
class BroadcastListener {
 public:
  virtual ~BroadcastListener() = default;
  virtual void deliver(std::shared_ptr<const BroadcastBatch> batch) = 0;
  // [any] Whether any socket there could receive it; when false, nothing is encoded.
  virtual bool listening() const = 0;
};

// Hands each batch to every loop once. Loops are added before serving and removed after it;
// publish() and listening() take no lock.
class BroadcastBus {
 public:
  static constexpr std::size_t kMaxListeners = 256;

  void add(BroadcastListener* listener);     // before serving; at most kMaxListeners
  void remove(BroadcastListener* listener);  // after its last deliver
  bool listening() const;                    // [any]
  void publish(std::shared_ptr<const BroadcastBatch> batch);  // [any]

 private:
  std::array<std::atomic<BroadcastListener*>, kMaxListeners> listeners_{};
  std::atomic<std::size_t> slots_{0};  // used so far; a removed listener leaves a null
};

}  // namespace composable::host
