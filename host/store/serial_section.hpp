// A SerialSection decides which thread runs a domain, for how long, and what it runs next.
//
// The loop that brings work runs it in place when the domain is free, and leaves it in the mailbox
// when not. The thread inside works through the mailbox within a budget, then yields to a loop.
#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <utility>

#include "absl/functional/function_ref.h"
#include "runtime/clock.hpp"
#include "runtime/scheduler.hpp"
#include "store/mailbox.hpp"

namespace composable::host {

class SerialSection {
 public:
  using Work = Mailbox::Work;

  // How long one turn may last before it hands over.
  class Budget {
   public:
    Budget(Clock& clock, std::size_t items, std::int64_t micros)
        : clock_(clock), max_items_(items), micros_(micros) {}
    // Counts one item; true when it was the last one of this turn.
    bool spent();

   private:
    Clock& clock_;
    const std::size_t max_items_;
    const std::int64_t micros_;
    std::size_t items_ = 0;
    std::int64_t until_ = 0;
  };

  // The store that the section runs. [serial]
  class Owner {
   public:
    virtual ~Owner() = default;
    // Does the work that the last item has left behind. False: the budget ended first.
    virtual bool do_pending(Budget& budget) STORE_SERIAL = 0;
    // Nothing is left of the items so far.
    virtual void before_rest() STORE_SERIAL = 0;
    // The turn ends with work left; another one goes on.
    virtual void before_yield() STORE_SERIAL = 0;
    // [any] What must stay while work is on its way here.
    virtual std::shared_ptr<void> keep_alive() = 0;
  };

  // Everything outlives it. `items` and `micros` bound one turn.
  SerialSection(Owner& owner, Scheduler& scheduler, Clock& clock, std::size_t items,
                std::int64_t micros)
      : owner_(owner), scheduler_(scheduler), clock_(clock), items_(items), micros_(micros) {}

  // [any] True: the domain was free and the caller is inside, until it calls drain() or
  // yield().
  bool try_enter()
      ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true, serial_role) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return mailbox_.try_enter();
  }
  // Inside, after one item: does what that left behind and what waits, within the budget, and
  // leaves.
  void drain() ABSL_UNLOCK_FUNCTION(serial_role) ABSL_NO_THREAD_SAFETY_ANALYSIS;
  // Inside: leaves, and has a loop go on.
  void yield() ABSL_UNLOCK_FUNCTION(serial_role) ABSL_NO_THREAD_SAFETY_ANALYSIS;

  // [any] Has `work` run inside, after what waits. Never refused: bounds are the caller's.
  void post(Work work) ABSL_NO_THREAD_SAFETY_ANALYSIS;
  // [any] Before all that waits, and also while the section is paused.
  void post_urgent(Work work) ABSL_NO_THREAD_SAFETY_ANALYSIS;
  // [any] The same, `micros` from now; not at all when the domain is gone by then.
  void post_urgent_after(std::int64_t micros, Work work);
  // [not a loop; blocks] Does `work` inside, on this thread, so that no loop waits for it. A
  // section that stays paused admits no work: false when it has been paused for kPatience and
  // `work` has not run.
  static constexpr std::chrono::seconds kPatience{30};
  [[nodiscard]] bool run_inside(absl::FunctionRef<void()> work,
                                std::chrono::milliseconds patience = kPatience)
      ABSL_NO_THREAD_SAFETY_ANALYSIS;

  // [serial]
  bool has_urgent() const { return mailbox_.has_urgent(); }
  Work take_urgent() STORE_SERIAL { return mailbox_.take_urgent(); }
  void pause() STORE_SERIAL { mailbox_.pause(); }
  void resume() STORE_SERIAL { mailbox_.resume(); }
  bool paused() const STORE_SERIAL { return mailbox_.paused(); }

  // [any] Items waiting or running.
  std::size_t size() const { return mailbox_.size(); }
  std::shared_ptr<void> keep_alive() const { return owner_.keep_alive(); }

 private:
  // Of the section to a thread that is no loop.
  struct SectionWaiter {
    std::atomic<bool> decided{false};  // granted, or withdrawn by the thread that waited too long
    std::promise<void> granted;
  };

  void run_on_a_loop();  // what put() has asked for
  void yield_section() ABSL_UNLOCK_FUNCTION(serial_role) ABSL_NO_THREAD_SAFETY_ANALYSIS;

  Owner& owner_;
  Scheduler& scheduler_;
  Clock& clock_;
  const std::size_t items_;
  const std::int64_t micros_;
  Mailbox mailbox_;
  std::shared_ptr<SectionWaiter> section_waiter_ STORE_GUARDED;  // see run_inside()
};

}  // namespace composable::host
