// The serial section: who runs the domain, for how long, and what it does next.
#include "store/pipeline.hpp"

#include <utility>

namespace composable::host {

Store::Core::Core(std::shared_ptr<DomainHandle> domain, StoreEnvironment environment,
                  StoreOptions options)
    : name_(domain->name()),
      domain_(std::move(domain)),
      env_(environment),
      options_(options),
      ring_(std::make_shared<ActionRing>(options.subscriber_actions)),
      stage_(*this),
      flight_(options.flight, options.flight_bytes),
      shown_domain_(domain_) {
  mailbox_.assert_inside();
  resolve_types();
  resolve_metrics();
  watch_deliveries();
  // Nothing runs before the state was rebuilt; what is delivered meanwhile waits. See replay().
  static_cast<void>(mailbox_.try_enter());
}

Store::Core::~Core() = default;

// What is kept by action type: the cells of new ones follow at the end.
void Store::Core::resolve_types() {
  for (std::size_t n = applied_.size(); n < domain_->actions().size(); ++n) {
    const std::string& type = domain_->actions()[n].name;
    ring_types_.push_back(ring_->number_of(type));
    applied_.push_back(env_.metrics == nullptr
                           ? &uncounted_
                           : &env_.metrics->counter(kActionsTotal, {name_, type}));
  }
}

void Store::Core::resolve_metrics() {
  static constexpr std::string_view kEffects[] = {"send", "delay",   "cancel",   "job",
                                                  "load", "publish", "parallel", "sequential"};
  static_assert(std::size(kEffects) == StagedEffect::kKinds);
  MetricsRegistry* const registry = env_.metrics;
  for (std::size_t kind = 0; kind < StagedEffect::kKinds; ++kind) {
    if (registry == nullptr) {
      started_[kind] = failed_[kind] = &uncounted_;
    } else {
      started_[kind] = &registry->counter(kEffectsTotal, {name_, kEffects[kind]});
      failed_[kind] = &registry->counter(kEffectFailuresTotal, {name_, kEffects[kind]});
    }
  }
}

void Store::Core::post(Mailbox::Work work) {
  if (!mailbox_.put(std::move(work))) return;
  env_.scheduler->post([core = shared_from_this()]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    core->mailbox_.take()();
    core->drain();
  });
}

void Store::Core::post_urgent(Mailbox::Work work) {
  if (!mailbox_.put_urgent(std::move(work))) return;
  env_.scheduler->post([core = shared_from_this()]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    core->mailbox_.take()();
    core->drain();
  });
}

bool Store::Core::work_left() const {
  return mailbox_.has_urgent() || (!release_later_.empty() && !mailbox_.paused()) ||
         (!feedback_.empty() && may_decide());
}

// The answers of the log come before what waits to be decided.
void Store::Core::work_once() {
  if (mailbox_.has_urgent()) return mailbox_.take_urgent()();
  if (!release_later_.empty()) {
    Scope* const scope = release_later_.back();
    release_later_.pop_back();
    return release(*scope);
  }
  const Feedback next = std::move(feedback_.front());
  feedback_.pop_front();
  n_feedback_.store(feedback_.size(), std::memory_order_relaxed);
  if (halted_.load(std::memory_order_relaxed)) return release(*next.scope);
  decide({next.type, COMPOSABLE_FORM_JSON, next.data.data(), next.data.size()}, *next.scope, true);
}

// Inside, after one item. Does what that item left behind and what waits, within the budget.
void Store::Core::drain() {
  std::size_t items = 0;
  std::int64_t until = 0;
  const auto spent = [&]() {
    if (++items < 8) return false;
    if (items >= options_.drain_items) return true;
    const std::int64_t now = env_.clock->steady_micros();
    if (until == 0) until = now + options_.drain_us;
    return now >= until;
  };
  for (;;) {
    if (borrower_ != nullptr) return lend();
    while (work_left()) {
      work_once();
      if (work_left() && spent()) return hand_over();
    }
    flush_broadcasts();
    arm_timer();
    rebuild_when_empty();
    recreate_when_idle();
    if (!retired_states_.empty()) retire_states();
    note_idle();
    if (mailbox_.size() > 1 && !mailbox_.paused() && spent()) return hand_over();
    if (!mailbox_.next()) return;
    mailbox_.take()();
  }
}

// Does `work` in the serial section, on this thread, so that no loop waits for it; what comes
// meanwhile stays in the mailbox.
void Store::Core::run_inside(absl::FunctionRef<void()> work) {
  if (!mailbox_.try_enter()) {
    const auto lent = std::make_shared<std::promise<void>>();
    post([this, lent] {
      mailbox_.assert_inside();
      borrower_ = lent;
    });
    lent->get_future().wait();
  }
  mailbox_.assert_inside();
  work();
  hand_over();
}

// Inside, on the item of a run_inside(): its thread is inside from now on, and ends that item.
void Store::Core::lend() { std::exchange(borrower_, nullptr)->set_value(); }

void Store::Core::hand_over() {
  flush_broadcasts();
  env_.scheduler->post([core = shared_from_this()]() {
    core->mailbox_.assert_inside();
    core->drain();
  });
}

}  // namespace composable::host
