#include "store/jobs.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"

namespace composable::host {

// A job that runs or is suspended. The worker owns `frame` while it runs, the serial section while
// it is suspended; `turn` says whose it is.
struct Jobs::Run {
  enum class Turn : std::uint8_t { kWorker, kSuspended, kEnded };

  Jobs* jobs = nullptr;
  std::weak_ptr<void> alive;             // what `jobs` is part of
  std::shared_ptr<DomainHandle> domain;  // [worker] the generation it began with, until it ended
  const DomainHandle* generation = nullptr;  // the same, to compare with only
  composable_state* state = nullptr;         // [worker] the one it began with
  std::uint64_t id = 0;
  std::uint32_t job = 0;
  std::string name;
  std::string key;
  std::string input;
  Scope* scope = nullptr;  // [serial]
  std::atomic<bool> cancelled{false};
  std::atomic<Turn> turn{Turn::kWorker};
  composable_job_frame* frame = nullptr;
  std::uint64_t wake_us = 0;  // [worker] set by wake_after
};

Jobs::~Jobs() = default;

void Jobs::start(StagedEffect& effect, Scope& scope, const std::shared_ptr<DomainHandle>& domain) {
  auto run = std::make_shared<Run>();
  run->job = effect.number;
  run->key = std::move(effect.key);
  run->input = std::move(effect.data);
  submit(std::move(run), scope, domain);
}

void Jobs::submit(std::shared_ptr<Run> run, Scope& scope,
                  const std::shared_ptr<DomainHandle>& domain) {
  run->jobs = this;
  run->alive = section_.keep_alive();
  run->domain = domain;
  run->generation = domain.get();
  run->state = domain->state();
  run->name = domain->jobs()[run->job].name;
  run->id = next_++;
  run->scope = &scope;
  ++scope.outstanding;
  runs_.emplace(run->id, run);
  count();
  const bool taken =
      workers_ != nullptr &&
      workers_->submit(*lane_, [this, alive = section_.keep_alive(), run] { this->run(run); });
  if (!taken) {
    const CallError full{COMPOSABLE_E_OVERLOADED, "the worker pool is full", ""};
    end(*run, &full);
  }
}

// [worker] What a job sends while it runs.
composable_status Jobs::send(composable_job_context* self, const composable_action* action) {
  Run& run = *static_cast<Run*>(self->impl);
  const std::shared_ptr<void> alive = run.alive.lock();
  if (alive == nullptr) return COMPOSABLE_E_GONE;
  const std::uint32_t type =
      action == nullptr ? Numbering::kGone : run.domain->action_number(action->type);
  if (type == Numbering::kGone) return COMPOSABLE_E_MISUSE;
  const std::uint32_t action_class = run.domain->actions()[type].action_class;
  if (action_class != COMPOSABLE_CLASS_COMMAND && action_class != COMPOSABLE_CLASS_INTERNAL) {
    return COMPOSABLE_E_MISUSE;
  }
  if (run.cancelled.load(std::memory_order_acquire)) return COMPOSABLE_E_GONE;
  std::string data;
  CallError error;
  const composable_action numbered{type, action->form, action->data, action->size};
  if (const composable_status s = run.domain->encode(numbered, data, error); s < 0) return s;
  run.jobs->section_.post([jobs = run.jobs, id = run.id, type, data = std::move(data)]() mutable {
    assert_serial();
    const auto it = jobs->runs_.find(id);
    if (it == jobs->runs_.end()) return;  // ended meanwhile: a late result is refused
    jobs->host_.feed_back(type, std::move(data), *it->second->scope);
  });
  return COMPOSABLE_OK;
}

// [worker] Runs the job until it ends or suspends itself.
void Jobs::run(const std::shared_ptr<Run>& run) {
  composable_job_context context{};
  context.struct_size = sizeof context;
  context.impl = run.get();
  context.send = &Jobs::send;
  context.cancelled = [](composable_job_context* self) -> std::int32_t {
    return static_cast<Run*>(self->impl)->cancelled.load(std::memory_order_acquire) ? 1 : 0;
  };
  context.wake_after = [](composable_job_context* self, std::uint64_t delay_us) {
    static_cast<Run*>(self->impl)->wake_us = delay_us;
  };

  CallError error;
  composable_status status = COMPOSABLE_OK;
  if (run->cancelled.load(std::memory_order_acquire)) {
    if (run->frame != nullptr) run->domain->drop_job(run->frame);
  } else {
    status = run->domain->run_job(run->job, run->state, run->input, context, run->frame, error);
  }

  if (status == COMPOSABLE_PENDING && run->frame != nullptr) {
    run->turn.store(Run::Turn::kSuspended, std::memory_order_release);
    scheduler_.after(static_cast<std::int64_t>(std::min<std::uint64_t>(run->wake_us, 1ull << 52)),
                     [run] {
                       if (const auto alive = run->alive.lock()) run->jobs->wake(run);
                     });
    if (run->cancelled.load(std::memory_order_acquire)) wake(run);
    return;
  }
  run->turn.store(Run::Turn::kEnded, std::memory_order_release);
  run->domain.reset();  // not to be held by a timer that would have woken it
  section_.post([this, run, status, error = std::move(error)]() {
    assert_serial();
    end(*run, status < 0 ? &error : nullptr);
  });
}

// Gives a suspended job back to the workers; once per suspension, whoever comes first.
void Jobs::wake(const std::shared_ptr<Run>& run) {
  Run::Turn suspended = Run::Turn::kSuspended;
  if (!run->turn.compare_exchange_strong(suspended, Run::Turn::kWorker,
                                         std::memory_order_acq_rel)) {
    return;
  }
  workers_->resubmit(*lane_, [this, alive = section_.keep_alive(), run] { this->run(run); });
}

void Jobs::cancel(const std::string& key) {
  std::vector<std::shared_ptr<Run>> named;
  for (const auto& [id, run] : runs_) {
    if (run->key == key) named.push_back(run);
  }
  for (const auto& run : named) cancel(*run);
}

void Jobs::cancel_all() {
  std::vector<std::shared_ptr<Run>> running;
  for (const auto& [id, run] : runs_) running.push_back(run);
  for (const auto& run : running) cancel(*run);
}

void Jobs::cancel(Run& run) {
  run.cancelled.store(true, std::memory_order_release);
  const auto it = runs_.find(run.id);
  if (it != runs_.end()) wake(it->second);
}

void Jobs::end(Run& run, const CallError* failure) {
  const auto it = runs_.find(run.id);
  if (it == runs_.end()) return;
  const std::shared_ptr<Run> kept = it->second;
  runs_.erase(it);
  std::erase_if(returning_, [](const auto& one) { return one.second.expired(); });
  returning_.emplace_back(kept->id, kept);
  count();
  run.turn.store(Run::Turn::kEnded, std::memory_order_release);
  if (failure != nullptr) {
    host_.fail(*run.scope, StagedEffect::Kind::kJob, run.name, failure->message);
  }
  host_.release(*run.scope);
}

EndedJobs Jobs::end_of(const DomainHandle& replaced, const std::shared_ptr<DomainHandle>& serving,
                       const Refusal* shut_down) {
  EndedJobs ended;
  std::vector<std::shared_ptr<Run>> runs;
  for (const auto& [id, run] : runs_) {
    const bool over = run->turn.load(std::memory_order_acquire) == Run::Turn::kEnded;
    if (run->generation == &replaced && !over) runs.push_back(run);
  }
  for (const std::shared_ptr<Run>& run : runs) {
    if (run->turn.load(std::memory_order_acquire) == Run::Turn::kWorker) {
      ended.running.push_back(run->name);
    }
    Scope& scope = *run->scope;
    const JobType& job = serving->jobs()[run->job];
    const bool restarts =
        job.restartable && !job.gone && !run->cancelled.load() && shut_down == nullptr;
    if (restarts) {
      auto again = std::make_shared<Run>();
      again->job = run->job;
      again->key = run->key;
      again->input = run->input;
      submit(std::move(again), scope, serving);
    } else if (shut_down != nullptr) {
      host_.refuse(scope, *shut_down);
    } else {
      host_.refuse(scope, unavailable(absl::StrFormat("the job %s was ended by a reload; try again",
                                                      run->name)));
    }
    (restarts ? ended.restarted : ended.dropped).push_back(run->name);
    cancel(*run);
    end(*run, nullptr);
  }
  return ended;
}

std::uint64_t Jobs::oldest() const {
  std::uint64_t oldest = next_;
  for (const auto& [id, run] : runs_) oldest = std::min(oldest, id);
  for (const auto& [id, run] : returning_) {
    if (!run.expired()) oldest = std::min(oldest, id);
  }
  return oldest;
}

}  // namespace composable::host
