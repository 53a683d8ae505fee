// Causes holds the causes of one store. It counts the work that is under way for each, and starts
// the next step, or settles the cause, when the last count is released. [serial]
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "store/cause.hpp"
#include "store/serial_role.hpp"

namespace composable::host {

class Causes {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void start_effect(StagedEffect& effect, Scope& scope) STORE_SERIAL = 0;
    // Nothing of the cause is at work any more. The listener frees it, now or later.
    virtual void settled(Cause& cause) STORE_SERIAL = 0;
  };

  explicit Causes(Listener& listener) : listener_(listener) {}
  Causes(const Causes&) = delete;
  Causes& operator=(const Causes&) = delete;

  Cause& make();
  void free(Cause& cause);

  // Starts effects one by one, each with a count of its own, and empties the list.
  void start(std::vector<StagedEffect>& effects, Scope& scope) STORE_SERIAL;
  // A group is a scope of its own that holds one count of `parent`.
  void start_group(StagedEffect& group, Scope& parent) STORE_SERIAL;

  // Gives one count back, and passes on what that ends: the next step, the group, the cause.
  void release(Scope& scope) STORE_SERIAL;
  // The same, but not inside of what runs now: do_later() is called for it, in order.
  void release_later(Scope& scope) { later_.push_back({&scope, {}}); }
  // Starts the effect then. Takes a count of the scope meanwhile.
  void start_later(StagedEffect& effect, Scope& scope);
  // Takes back the jobs of that key that have not started.
  void cancel_later(const std::string& key);
  bool has_later() const { return !later_.empty(); }
  void do_later() STORE_SERIAL;

  template <typename Visit>
  void each(Visit visit) {
    for (const auto& cause : memory_) {
      if (cause->id != 0) visit(*cause);
    }
  }

  std::size_t size() const { return size_.load(std::memory_order_relaxed); }  // [any]

 private:
  bool start_next_step(Scope& scope) STORE_SERIAL;
  void count() { size_.store(memory_.size() - free_.size(), std::memory_order_relaxed); }

  Listener& listener_;
  std::uint64_t next_ = 1;
  std::vector<std::unique_ptr<Cause>> memory_;
  std::vector<Cause*> free_;
  absl::flat_hash_map<Scope*, std::unique_ptr<Scope>> groups_;

  struct Later {
    Scope* scope;  // gives one count back
    std::optional<StagedEffect> effect;
  };
  std::deque<Later> later_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace composable::host
