// What anybody may ask of a store at any time: whether it is open, why not, and when it has become
// idle. Written in the serial section, or by who shuts it down. Any thread.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "domain/domain_handle.hpp"
#include "runtime/mutex.hpp"
#include "runtime/refusal.hpp"
#include "store/store.hpp"

namespace composable::host {

class StoreStatus {
 public:
  StoreStatus(std::string name, std::shared_ptr<const DomainHandle> domain);

  // Replayed, not halted, not shutting down. What was taken before a shutdown is finished; what
  // comes after is refused.
  bool open() const {
    return serving_.load(std::memory_order_acquire) && !halted() && !shutting_down();
  }
  Refusal closed() const;   // why it is not open
  Refusal refusal() const;  // of a domain that has halted
  // What a thread is told that the paused domain has not let in.
  absl::Status not_let_in() const;
  bool halted() const { return halted_.load(std::memory_order_acquire); }
  bool shutting_down() const { return shutting_down_.load(std::memory_order_acquire); }
  std::string why_shut_down() const;

  void serve() { serving_.store(true, std::memory_order_release); }
  void halt(std::string reason);
  // The log says that events of the domain are damaged. `reason` begins with the file, which no
  // client is told.
  void halt_on_damage(std::string reason);
  void recover(std::string reason);  // from something that passes
  void recovered();
  // The log does not know what it holds.
  void doubt(bool doubtful) { doubtful_.store(doubtful, std::memory_order_release); }
  bool in_doubt() const { return doubtful_.load(std::memory_order_acquire); }
  // The command is refused until then: steady microseconds.
  void refuse(std::string command, std::int64_t until);
  // `domain` serves from now on, whatever was before.
  void show(std::shared_ptr<const DomainHandle> domain);
  void show_position(std::uint64_t position) {
    position_.store(position, std::memory_order_relaxed);
  }

  // The generation that serves, for who looks from outside the serial section.
  std::shared_ptr<const DomainHandle> domain() const;
  std::uint64_t position() const { return position_.load(std::memory_order_relaxed); }
  // Without what the parts of the store count. `now`: steady microseconds.
  StoreHealth health(std::int64_t now) const;

  // New work is refused with `why`; the first one counts.
  void shut_down(std::string why);
  // Nothing is left to do; nothing comes any more.
  void note_idle();
  // Blocks until that was said, or for `timeout_us`.
  void wait_until_idle(std::int64_t timeout_us);

 private:
  const std::string name_;
  std::atomic<bool> serving_{false};
  std::atomic<bool> halted_{false};
  std::atomic<bool> recovering_{false};
  std::atomic<bool> doubtful_{false};
  std::atomic<bool> shutting_down_{false};
  std::atomic<std::uint64_t> position_{0};
  mutable Mutex mutex_;
  std::condition_variable_any idle_changed_;
  std::shared_ptr<const DomainHandle> domain_ ABSL_GUARDED_BY(mutex_);
  std::string reason_ ABSL_GUARDED_BY(mutex_);  // of the halt, or of what is recovered from
  std::string damage_ ABSL_GUARDED_BY(mutex_);  // of its events, for clients
  std::string why_shut_down_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::int64_t> refused_ ABSL_GUARDED_BY(mutex_);  // until when, by command
  bool idle_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace composable::host
