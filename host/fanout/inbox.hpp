// An Inbox passes broadcast batches and answers to commands from other threads to one loop's
// sockets, in the order in which they were pushed. Both go through one queue, so that an answer
// never overtakes the events before it, whichever thread the domain ran on.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "bus/broadcast.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class Inbox {
 public:
  struct Item {
    std::shared_ptr<const BroadcastBatch> batch;  // else `frames` for `socket`
    std::uint64_t socket = 0;
    std::string frames;
  };
  using Handler = std::function<void(Item&)>;
  // [any] Makes the loop call drain(): at once when the calling thread is the loop's.
  using Wake = std::function<void()>;

  explicit Inbox(Handler handler) : handler_(std::move(handler)) {}
  void set_wake(Wake wake) { wake_ = std::move(wake); }  // before the first push

  void push(Item item);  // [any] wakes once for everything pushed before the next drain
  void drain();          // [loop]
  void close();          // [loop] The handler is not called any more

 private:
  Handler handler_;
  Wake wake_;
  std::vector<Item> taken_;  // of the loop; keeps its memory
  Mutex mutex_;
  std::vector<Item> items_ ABSL_GUARDED_BY(mutex_);
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace composable::host
