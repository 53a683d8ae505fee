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
    if (borrower_ != nullptr) return lend();
    if (!resident_.work_off(budget)) return hand_over();
    resident_.before_rest();
    if (mailbox_.size() > 1 && !mailbox_.paused() && budget.spent()) return hand_over();
    if (!mailbox_.next()) return;
    mailbox_.take()();
  }
}

void SerialSection::hand_over() {
  resident_.before_hand_over();
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

// What comes meanwhile stays in the mailbox.
bool SerialSection::run_inside(absl::FunctionRef<void()> work, std::chrono::milliseconds patience) {
  if (!mailbox_.try_enter()) {
    const auto loan = std::make_shared<Loan>();
    std::future<void> granted = loan->granted.get_future();
    post([this, loan] {
      assert_serial();
      if (!loan->settled.exchange(true)) borrower_ = loan;
    });
    const bool in_time = granted.wait_for(patience) == std::future_status::ready;
    if (!in_time && !loan->settled.exchange(true)) return false;
    granted.wait();
  }
  work();
  hand_over();
  return true;
}

// Inside, on the item of a run_inside(): its thread is inside from now on, and ends that item.
void SerialSection::lend() { std::exchange(borrower_, nullptr)->granted.set_value(); }

}  // namespace composable::host
