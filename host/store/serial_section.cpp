#include "store/serial_section.hpp"

namespace composable::host {

// The clock is read only in a turn that has become long.
bool SerialSection::Budget::spent() {
  if (++items_ < 8) return false;
  if (items_ >= max_items_) return true;
  const std::int64_t now = clock_.steady_micros();
  if (until_ == 0) until_ = now + micros_;
  return now >= until_;
}

void SerialSection::drain() {
  Budget budget(clock_, items_, micros_);
  for (;;) {
    if (section_waiter_ != nullptr) return yield_section();
    if (!owner_.do_pending(budget)) return yield();
    owner_.before_rest();
    if (mailbox_.size() > 1 && !mailbox_.paused() && budget.spent()) return yield();
    if (!mailbox_.next()) return;
    mailbox_.take()();
  }
}

void SerialSection::yield() {
  owner_.before_yield();
  scheduler_.post([this, alive = keep_alive()]() ABSL_NO_THREAD_SAFETY_ANALYSIS { drain(); });
}

void SerialSection::run_on_a_loop() {
  scheduler_.post([this, alive = keep_alive()]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    mailbox_.take()();
    drain();
  });
}

void SerialSection::post(Work work) {
  if (mailbox_.put(std::move(work))) run_on_a_loop();
}

void SerialSection::post_urgent(Work work) {
  if (mailbox_.put_urgent(std::move(work))) run_on_a_loop();
}

void SerialSection::post_urgent_after(std::int64_t micros, Work work) {
  scheduler_.after(
      micros, [this, weak = std::weak_ptr<void>(keep_alive()), work = std::move(work)]() mutable {
        if (const auto alive = weak.lock()) post_urgent(std::move(work));
      });
}

// New work stays in the mailbox meanwhile.
bool SerialSection::run_inside(absl::FunctionRef<void()> work, std::chrono::milliseconds patience) {
  if (!mailbox_.try_enter()) {
    const auto waiter = std::make_shared<SectionWaiter>();
    std::future<void> granted = waiter->granted.get_future();
    post([this, waiter] {
      assert_serial();
      if (!waiter->decided.exchange(true)) section_waiter_ = waiter;
    });
    const bool in_time = granted.wait_for(patience) == std::future_status::ready;
    if (!in_time && !waiter->decided.exchange(true)) return false;
    granted.wait();
  }
  work();
  yield();
  return true;
}

// Inside, on the item of a run_inside(): its thread is inside from now on, and ends that item.
void SerialSection::yield_section() {
  std::exchange(section_waiter_, nullptr)->granted.set_value();
}

}  // namespace composable::host
