#include "store/core.hpp"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_format.h"
#include "observe/log.hpp"
#include "observe/log_rate.hpp"

namespace composable::host {
namespace {

constexpr std::int64_t kPausedMicros = 250'000;  // how often deadlines are checked

}  // namespace

Store::Core::Core(std::shared_ptr<DomainHandle> domain, StoreEnvironment env,
                  StoreOptions options) ABSL_NO_THREAD_SAFETY_ANALYSIS
    : name_(domain->name()),
      env_(env),
      options_(options),
      serving_{.domain = domain},
      section_(*this, *env.scheduler, *env.clock, options.drain_items, options.drain_us),
      status_(name_, std::move(domain)),
      cells_(env.metrics, name_),
      causes_(*this),
      waits_(name_, *env.clock),
      observers_(name_, options.number, env.bus, options.subscriber_actions),
      jobs_(*this, section_, *env.scheduler, env.workers, name_),
      timers_(*this, output_, cells_, *env.clock, options.delays),
      loads_(name_, *this, section_, env.events, env.workers),
      topics_(name_, {.host = *this,
                      .section = section_,
                      .status = status_,
                      .cells = cells_,
                      .feedback = feedback_,
                      .topics = env.topics,
                      .clock = *env.clock,
                      .rng = *env.rng,
                      .mailbox = options.mailbox}),
      recovery_(name_, {.owner = *this,
                        .section = section_,
                        .status = status_,
                        .serving = serving_,
                        .jobs = jobs_,
                        .cells = cells_,
                        .log = env.events,
                        .clock = *env.clock,
                        .workers = env.workers,
                        .snapshot_events = options.snapshot_events}),
      output_(name_, {.owner = *this,
                      .section = section_,
                      .options = options_,
                      .status = status_,
                      .serving = serving_,
                      .observers = observers_,
                      .waits = waits_,
                      .causes = causes_,
                      .recovery = recovery_,
                      .log = env.events}),
      pipeline_(name_, {.owner = *this,
                        .serving = serving_,
                        .causes = causes_,
                        .waits = waits_,
                        .observers = observers_,
                        .output = output_,
                        .recovery = recovery_,
                        .timers = timers_,
                        .cells = cells_,
                        .clock = *env.clock,
                        .rng = *env.rng,
                        .timeout_ms = options.timeout_ms}),
      requests_({.section = section_,
                 .options = options_,
                 .status = status_,
                 .serving = serving_,
                 .pipeline = pipeline_,
                 .output = output_,
                 .recovery = recovery_,
                 .causes = causes_,
                 .waits = waits_,
                 .cells = cells_,
                 .clock = *env.clock,
                 .log = serving_.domain->durable() ? env.events : nullptr}),
      swap_(name_, {.owner = *this,
                    .section = section_,
                    .status = status_,
                    .serving = serving_,
                    .flight = output_.flight(),
                    .log = env.events,
                    .clock = *env.clock,
                    .snapshot_events = options.snapshot_events}),
      removal_(name_, {.section = section_,
                       .status = status_,
                       .serving = serving_,
                       .output = output_,
                       .causes = causes_,
                       .waits = waits_,
                       .log = env.events}) {
  cells_.resolve(*serving_.domain);
  observers_.resolve(*serving_.domain);
  topics_.watch(*serving_.domain);
  // Nothing runs before the state was rebuilt; what is delivered meanwhile waits. See replay().
  static_cast<void>(section_.try_enter());
}

void Store::Core::listen_to_topics() {
  topics_.listen(std::shared_ptr<TopicListener>(shared_from_this(), &topics_), *status_.domain());
}

void Store::Core::close() {
  leave_topics();
  recovery_.end();
}

// --- the beginning ---

absl::StatusOr<ReplayReport> Store::Core::replay() {
  ReplayReport report;
  absl::StatusOr<std::optional<BuildSnapshot>> snapshot = std::nullopt;
  if (serving_.domain->durable()) snapshot = load(report);
  if (!snapshot.ok()) return snapshot.status();
  status_.show_position(serving_.position);
  status_.serve();
  // Opens the mailbox. Delays that came due while the host was down fire now.
  section_.yield();
  if (*snapshot) save_snapshot(*env_.events, **snapshot);
  return report;
}

// The state and the delays as the log has them; a snapshot when one is due. A domain that halts on
// an event, or whose events are damaged, is reported by health; the others serve.
absl::StatusOr<std::optional<BuildSnapshot>> Store::Core::load(ReplayReport& report) {
  const std::int64_t began = env_.clock->steady_micros();
  const std::uint64_t head = env_.events->stats().head;
  absl::StatusOr<ReplayFromSnapshot> replayed =
      replay_from_snapshot(*env_.events, *serving_.domain);
  const bool damaged = absl::IsDataLoss(replayed.status());
  if (!replayed.ok() && !damaged) return replayed.status();
  absl::StatusOr<std::vector<StoredTimer>> timers = env_.events->load_timers(name_);
  if (!timers.ok()) return timers.status();
  timers_.arm(*timers, *serving_.domain);
  if (damaged) {
    const std::string reason(replayed.status().message());
    log_error(name_, "halted", {{"reason", reason}});
    status_.halt_on_damage(reason);
    return std::nullopt;
  }
  const ReplayProgress& progress = replayed->progress;
  serving_.position = progress.position;
  report = {.snapshot = replayed->snapshot,
            .events = progress.events,
            .position = serving_.position,
            .micros = env_.clock->steady_micros() - began};
  absl::StatusOr<StreamTable> streams =
      load_streams(*env_.events, name_, std::max(head, serving_.position));
  if (!streams.ok()) return streams.status();
  serving_.streams = *std::move(streams);
  if (progress.failure) {
    halt(progress.failure->position, progress.failure->error);
    return std::nullopt;
  }
  return snapshot_if_due(*serving_.domain, serving_.position, progress.events,
                         options_.snapshot_events);
}

// --- a turn of the serial section ---

// The answers of the log come before what waits to be decided.
bool Store::Core::do_pending(SerialSection::Budget& budget) {
  const auto work_left = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return section_.has_urgent() || (causes_.has_later() && !section_.paused()) ||
           (!feedback_.empty() && may_decide());
  };
  while (work_left()) {
    if (section_.has_urgent()) {
      section_.take_urgent()();
    } else if (causes_.has_later()) {
      causes_.do_later();
    } else {
      feed_back_one();
    }
    if (work_left() && budget.spent()) return false;
  }
  return true;
}

bool Store::Core::may_decide() const {
  return !section_.paused() && !output_.in_doubt() && recovery_.log_writable() &&
         output_.has_room();
}

void Store::Core::feed_back_one() {
  const FeedbackItem next = feedback_.take();
  Cause& cause = *next.scope->cause;
  if (status_.halted()) {
    cause.fired_timer.clear();  // its row stays
    return causes_.release(*next.scope);
  }
  if (cause.failed) return causes_.release(*next.scope);
  pipeline_.decide({next.type, COMPOSABLE_FORM_JSON, next.data.data(), next.data.size()},
                   *next.scope, true);
}

void Store::Core::before_rest() {
  observers_.flush();
  arm_timer();
  if (output_.empty()) recovery_.begin_if_requested();
  recreate_when_idle();
  recovery_.retire_states();
  note_idle();
}

// One timer for the earliest deadline or delay. One that fires too early finds nothing to do.
void Store::Core::arm_timer() {
  std::int64_t due = waits_.earliest();
  if (timers_.size() != 0 && !status_.halted()) {
    const std::int64_t in =
        std::max<std::int64_t>(0, timers_.earliest() - env_.clock->unix_micros());
    due = std::min(due, env_.clock->steady_micros() + in);
  }
  if (section_.paused()) due = std::min(due, env_.clock->steady_micros() + kPausedMicros);
  if (due >= timer_due_) return;
  timer_due_ = due;
  const std::int64_t in = std::max<std::int64_t>(0, due - env_.clock->steady_micros());
  section_.post_urgent_after(in, [this, due]() {
    assert_serial();
    if (timer_due_ == due) timer_due_ = Deadlines::kNever;
    waits_.expire();
    if (section_.paused()) requests_.expire_queued(env_.clock->steady_micros());
    if (!status_.halted()) timers_.fire_due();
  });
}

// --- effects and settling ---

void Store::Core::start_effect(StagedEffect& effect, Scope& scope) {
  // A job reads the state, which is being made anew.
  if (effect.kind == StagedEffect::Kind::kJob && section_.paused()) {
    return causes_.start_later(effect, scope);
  }
  if (effect.kind == StagedEffect::Kind::kJob && status_.halted()) return;
  cells_.add_started(effect.kind);
  switch (effect.kind) {
    case StagedEffect::Kind::kSend:
      return feed_back(effect.number, std::move(effect.data), scope);
    case StagedEffect::Kind::kDelay:
      return timers_.start(effect, scope);
    case StagedEffect::Kind::kCancel:
      if (effect.key.empty()) return;
      timers_.cancel(effect);
      causes_.cancel_later(effect.key);
      feedback_.cancel(effect.key, causes_);
      return jobs_.cancel(effect.key);
    case StagedEffect::Kind::kJob:
      return jobs_.start(effect, scope, serving_.domain);
    case StagedEffect::Kind::kLoad:
      return loads_.start(effect, scope);
    case StagedEffect::Kind::kPublish:
      return topics_.publish(effect, scope, *serving_.domain);
    case StagedEffect::Kind::kParallel:
    case StagedEffect::Kind::kSequential:
      return causes_.start_group(effect, scope);
  }
}

// All of the cause is durable.
void Store::Core::settled(Cause& cause) {
  if (cause.waiter != nullptr && !end_settled(cause)) return;
  if (!cause.fired_timer.empty()) timers_.forget(std::move(cause.fired_timer));
  causes_.free(cause);
}

// Answers the waiter. False: it is answered later, since an answer that is rendered now must not
// overtake what is in the state.
bool Store::Core::end_settled(Cause& cause) {
  const Outcome outcome{.kind = Outcome::Kind::kSettled, .position = cause.position};
  if (!cause.decided) {
    if (section_.paused() && cause.waiter->reads_state()) {  // there is no state to render now
      ++cause.root.outstanding;
      causes_.release_later(cause.root);
      return false;
    }
    cause.waiter->render(outcome);
    if (!output_.empty() && cause.waiter->reads_state()) {
      output_.hold_settled(cause);
      return false;
    }
  }
  waits_.end(cause, outcome);
  return true;
}

Cause& Store::Core::begin(EventMeta meta) {
  Cause& cause = causes_.make();
  cause.meta = std::move(meta);
  return cause;
}

void Store::Core::feed_back(std::uint32_t type, std::string data, Scope& scope) {
  feedback_.put(type, std::move(data), scope);
}

void Store::Core::fail(Scope& scope, StagedEffect::Kind kind, std::string_view effect,
                       std::string_view reason) {
  cells_.add_failed(kind);
  if (log_rate().admit(LogLevel::kError, name_, "effect_failed", effect)) {
    log_error(name_, "effect_failed", {{"effect", effect}, {"reason", reason}});
  }
  waits_.refuse(*scope.cause, internal_error(absl::StrFormat("effect %s: %s", effect, reason)));
}

void Store::Core::refuse(Scope& scope, const Refusal& refusal) {
  waits_.refuse(*scope.cause, refusal);
}

// --- another state, another generation ---

void Store::Core::take_state(Recovery::Rebuilt& rebuilt) {
  serving_.domain->exchange_state(*rebuilt.state);
  if (rebuilt.streams) serving_.streams = *std::move(rebuilt.streams);
  serving_.position = rebuilt.position;
  status_.show_position(serving_.position);
  // The rows of delays that have fired stay until their causes have come to something; one that is
  // pending has a row of its own.
  absl::flat_hash_set<std::string> fired;
  causes_.each([&](const Cause& cause) {
    if (!cause.fired_timer.empty() && !timers_.stored(cause.fired_timer)) {
      fired.insert(cause.fired_timer);
    }
  });
  std::erase_if(rebuilt.timers, [&](const StoredTimer& row) { return fired.contains(row.key); });
  timers_.arm(rebuilt.timers, *serving_.domain);
  if (rebuilt.failure) halt(rebuilt.failure->position, rebuilt.failure->error);
}

void Store::Core::take_place(std::shared_ptr<DomainHandle>& next, std::uint64_t position,
                             std::vector<StoredTimer>* timers) {
  // Broadcasts so far point to strings of the old generation; the caller makes sure that every loop
  // has taken them before the strings are freed.
  observers_.flush();
  serving_.domain.swap(next);
  serving_.position = std::max(serving_.position, position);
  cells_.resolve(*serving_.domain);
  observers_.resolve(*serving_.domain);
  topics_.watch(*serving_.domain);
  if (timers != nullptr) timers_.arm(*timers, *serving_.domain);
  needs_recreate_ = false;
  recovery_.clear_refused_commands();
  status_.show_position(serving_.position);
  status_.show(serving_.domain);
  listen_to_topics();  // what only the one before heard is dropped when it comes
}

EndedJobs Store::Core::end_jobs_of(const DomainHandle& replaced) {
  EndedJobs ended;
  const bool entered = section_.run_inside([&] {
    assert_serial();
    std::optional<Refusal> shut_down;
    if (status_.shutting_down()) shut_down = unavailable(status_.why_shut_down());
    ended = jobs_.end_of(replaced, serving_.domain, shut_down ? &*shut_down : nullptr);
  });
  if (!entered) {  // they hold the generation until their code returns
    log_warn(name_, "jobs_not_ended", {{"reason", std::string(status_.not_let_in().message())}});
  }
  return ended;
}

// --- halt and end ---

// An event could not be evolved, a stored one or one of an ephemeral domain: nothing is decided or
// evolved until a reload.
void Store::Core::halt(std::uint64_t position, const CallError& error) {
  status_.halt(position == 0
                   ? "evolve failed: " + error.message
                   : absl::StrFormat("evolve failed at position %u: %s", position, error.message));
  log_error(name_, "halted", {{"position", position}, {"reason", error.message}});
  end_all_waits(status_.refusal());
  while (!feedback_.empty()) {
    Scope& scope = *feedback_.take().scope;
    scope.cause->fired_timer.clear();  // its row stays
    causes_.release_later(scope);
  }
  jobs_.cancel_all();
  needs_recreate_ = !serving_.domain->durable();
}

void Store::Core::end_all_waits(const Refusal& refusal) {
  causes_.each([&](Cause& cause) {
    if (cause.waiter != nullptr) waits_.end_now(cause, refusal);
  });
}

// The state of an ephemeral domain after a failed evolve is inconsistent and is dropped; the domain
// begins with an empty one. The old state must live while a job reads its configuration.
void Store::Core::recreate_when_idle() {
  if (!needs_recreate_ || jobs_.oldest() != jobs_.next()) return;
  needs_recreate_ = false;
  if (const absl::Status s = serving_.domain->recreate(); !s.ok()) {
    log_error(name_, "recreate_failed", {{"reason", std::string(s.message())}});
  }
}

void Store::Core::note_idle() {
  if (!status_.shutting_down()) return;
  if (causes_.size() == 0 && section_.size() <= 1 && output_.empty()) status_.note_idle();
}

std::size_t Store::Core::shutdown(std::int64_t timeout_us, std::string why) {
  status_.shut_down(std::move(why));
  section_.post_urgent([] {});  // wakes note_idle
  status_.wait_until_idle(timeout_us);
  const std::size_t left = causes_.size();
  section_.post_urgent([this] {
    assert_serial();
    const Refusal refusal = unavailable(status_.why_shut_down());
    end_all_waits(refusal);
    if (section_.paused()) requests_.refuse_queued(refusal);
    jobs_.cancel_all();
  });
  observers_.close();
  return left;
}

StoreHealth Store::Core::health() const {
  StoreHealth health = status_.health(env_.clock->steady_micros());
  health.mailbox = section_.size();
  health.flight = output_.size();
  health.delays = timers_.size();
  health.causes = causes_.size();
  health.jobs = jobs_.size();
  return health;
}

}  // namespace composable::host
