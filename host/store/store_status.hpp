// StoreStatus answers questions about a store at any time: whether it is open, why not, and when
// it has become idle. It is written in the serial section, or by the thread that shuts the store
// down. Any thread.
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
    return (bits_.load(std::memory_order_acquire) & (kServing | kHalted | kShuttingDown)) ==
           kServing;
  }
  // The same, and the log knows what it holds: asked for every request, in one look.
  bool takes() const {
    constexpr std::uint32_t kAll = kServing | kHalted | kShuttingDown | kDoubtful;
    return (bits_.load(std::memory_order_acquire) & kAll) == kServing;
  }
  Refusal closed() const;   // why it is not open
  Refusal refusal() const;  // of a domain that has halted
  // The error for a thread that the paused domain has not let in.
  absl::Status not_let_in() const;
  bool halted() const { return is(kHalted); }
  bool shutting_down() const { return is(kShuttingDown); }
  std::string why_shut_down() const;

  void serve() { set(kServing, true); }
  void halt(std::string reason);
  // The log says that events of the domain are damaged. `reason` begins with the file, which
  // clients do not see.
  void halt_on_damage(std::string reason);
  void recover(std::string reason);  // from something that passes
  void recovered();
  // Whether the log knows what it holds.
  void doubt(bool doubtful) { set(kDoubtful, doubtful); }
  bool in_doubt() const { return is(kDoubtful); }
  // The command is refused until then: steady microseconds.
  void refuse(std::string command, std::int64_t until);
  // `domain` serves from now on, whatever was before.
  void show(std::shared_ptr<const DomainHandle> domain);
  void show_position(std::uint64_t position) {
    position_.store(position, std::memory_order_relaxed);
  }

  // The generation that serves, for readers outside the serial section.
  std::shared_ptr<const DomainHandle> domain() const;
  std::uint64_t position() const { return position_.load(std::memory_order_relaxed); }
  // Without what the parts of the store count. `now`: steady microseconds.
  StoreHealth health(std::int64_t now) const;

  // New work is refused with `why`; the first one counts.
  void shut_down(std::string why);
  // No work is left, and none will come.
  void note_idle();
  // Blocks until that was said, or for `timeout_us`.
  void wait_until_idle(std::int64_t timeout_us);

 private:
  enum : std::uint32_t {
    kServing = 1,
    kHalted = 2,
    kRecovering = 4,
    kDoubtful = 8,
    kShuttingDown = 16,
  };
  bool is(std::uint32_t what) const { return (bits_.load(std::memory_order_acquire) & what) != 0; }
  void set(std::uint32_t what, bool on) {
    on ? bits_.fetch_or(what, std::memory_order_acq_rel)
       : bits_.fetch_and(~what, std::memory_order_acq_rel);
  }

  const std::string name_;
  std::atomic<std::uint32_t> bits_{0};
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
