// Jobs and reads of the log: what runs on the worker pool, and how its results come back.
#include <atomic>
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/log.hpp"
#include "runtime/json_text.hpp"
#include "store/pipeline.hpp"

namespace composable::host {

// A job that runs or is suspended. The worker owns `frame` while it runs, the serial section while
// it is suspended; `turn` says whose it is.
struct Store::Core::JobRun {
  enum class Turn : std::uint8_t { kWorker, kSuspended, kEnded };

  std::weak_ptr<Core> core;
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

bool Store::Core::has_key(const JobRun& run, const std::string& key) { return run.key == key; }

void Store::Core::start_job(StagedEffect& effect, Scope& scope) {
  auto run = std::make_shared<JobRun>();
  run->job = effect.number;
  run->key = std::move(effect.key);
  run->input = std::move(effect.data);
  submit_job(std::move(run), scope);
}

// Begins with the generation that serves.
void Store::Core::submit_job(std::shared_ptr<JobRun> run, Scope& scope) {
  run->core = weak_from_this();
  run->domain = domain_;
  run->generation = domain_.get();
  run->state = domain_->state();
  run->name = domain_->jobs()[run->job].name;
  run->id = next_job_++;
  run->scope = &scope;
  ++scope.outstanding;
  jobs_.emplace(run->id, run);
  n_jobs_.store(jobs_.size(), std::memory_order_relaxed);
  const bool taken = env_.workers != nullptr &&
                     env_.workers->submit([core = shared_from_this(), run] { core->run_job(run); });
  if (!taken) {
    const CallError full{COMPOSABLE_E_OVERLOADED, "the worker pool is full", ""};
    end_job(*run, &full);
  }
}

// [worker] Runs the job until it ends or suspends itself.
void Store::Core::run_job(const std::shared_ptr<JobRun>& run) {
  composable_job_context context{};
  context.struct_size = sizeof context;
  context.impl = run.get();
  context.send = [](composable_job_context* self, const composable_action* action) {
    JobRun& job = *static_cast<JobRun*>(self->impl);
    const std::shared_ptr<Core> core = job.core.lock();
    if (core == nullptr) return COMPOSABLE_E_GONE;
    const std::uint32_t type =
        action == nullptr ? Numbering::kGone : job.domain->action_number(action->type);
    if (type == Numbering::kGone) return COMPOSABLE_E_MISUSE;
    const std::uint32_t action_class = job.domain->actions()[type].action_class;
    if (action_class != COMPOSABLE_CLASS_COMMAND && action_class != COMPOSABLE_CLASS_INTERNAL) {
      return COMPOSABLE_E_MISUSE;
    }
    if (job.cancelled.load(std::memory_order_acquire)) return COMPOSABLE_E_GONE;
    std::string data;
    CallError error;
    const composable_action told{type, action->form, action->data, action->size};
    if (const composable_status s = job.domain->encode(told, data, error); s < 0) return s;
    core->post([core = core.get(), id = job.id, type, data = std::move(data)]() mutable {
      core->mailbox_.assert_inside();
      const auto it = core->jobs_.find(id);
      if (it == core->jobs_.end()) return;  // ended meanwhile: a late result is refused
      core->feed_back(type, std::move(data), *it->second->scope);
    });
    return COMPOSABLE_OK;
  };
  context.cancelled = [](composable_job_context* self) -> std::int32_t {
    return static_cast<JobRun*>(self->impl)->cancelled.load(std::memory_order_acquire) ? 1 : 0;
  };
  context.wake_after = [](composable_job_context* self, std::uint64_t delay_us) {
    static_cast<JobRun*>(self->impl)->wake_us = delay_us;
  };

  CallError error;
  composable_status status = COMPOSABLE_OK;
  if (run->cancelled.load(std::memory_order_acquire)) {
    if (run->frame != nullptr) run->domain->drop_job(run->frame);
  } else {
    status = run->domain->run_job(run->job, run->state, run->input, context, run->frame, error);
  }

  if (status == COMPOSABLE_PENDING && run->frame != nullptr) {
    run->turn.store(JobRun::Turn::kSuspended, std::memory_order_release);
    env_.scheduler->after(
        static_cast<std::int64_t>(std::min<std::uint64_t>(run->wake_us, 1ull << 52)),
        [core = weak_from_this(), run] {
          const auto alive = core.lock();
          if (alive != nullptr) wake_job(alive, run);
        });
    if (run->cancelled.load(std::memory_order_acquire)) wake_job(shared_from_this(), run);
    return;
  }
  run->turn.store(JobRun::Turn::kEnded, std::memory_order_release);
  run->domain.reset();  // not to be held by a timer that would have woken it
  post([this, run, status, error = std::move(error)]() {
    mailbox_.assert_inside();
    end_job(*run, status < 0 ? &error : nullptr);
  });
}

// [any] Gives a suspended job back to the workers; once per suspension, whoever comes first.
void Store::Core::wake_job(const std::shared_ptr<Core>& core, const std::shared_ptr<JobRun>& run) {
  JobRun::Turn suspended = JobRun::Turn::kSuspended;
  if (!run->turn.compare_exchange_strong(suspended, JobRun::Turn::kWorker,
                                         std::memory_order_acq_rel)) {
    return;
  }
  core->env_.workers->resubmit([core, run] { core->run_job(run); });
}

void Store::Core::cancel_job(JobRun& run) {
  run.cancelled.store(true, std::memory_order_release);
  const auto it = jobs_.find(run.id);
  if (it != jobs_.end()) wake_job(shared_from_this(), it->second);
}

void Store::Core::end_job(JobRun& run, const CallError* failure) {
  const auto it = jobs_.find(run.id);
  if (it == jobs_.end()) return;
  const std::shared_ptr<JobRun> kept = it->second;
  jobs_.erase(it);
  n_jobs_.store(jobs_.size(), std::memory_order_relaxed);
  run.turn.store(JobRun::Turn::kEnded, std::memory_order_release);
  if (failure != nullptr) {
    effect_failed(*run.scope, StagedEffect::Kind::kJob, run.name, failure->message);
  }
  release(*run.scope);
}

EndedJobs Store::Core::end_jobs_of(const DomainHandle& replaced) {
  EndedJobs ended;
  run_inside([&] {
    mailbox_.assert_inside();
    end_jobs_inside(replaced, ended);
  });
  return ended;
}

void Store::Core::end_jobs_inside(const DomainHandle& replaced, EndedJobs& ended) {
  std::vector<std::shared_ptr<JobRun>> runs;
  for (const auto& [id, run] : jobs_) {
    const bool over = run->turn.load(std::memory_order_acquire) == JobRun::Turn::kEnded;
    if (run->generation == &replaced && !over) runs.push_back(run);
  }
  for (const std::shared_ptr<JobRun>& run : runs) {
    if (run->turn.load(std::memory_order_acquire) == JobRun::Turn::kWorker) {
      ended.running.push_back(run->name);
    }
    Scope& scope = *run->scope;
    const JobType& job = domain_->jobs()[run->job];
    const bool ends = shutting_down_.load(std::memory_order_acquire);
    const bool restarts = job.restartable && !job.gone && !run->cancelled.load() && !ends;
    if (restarts) {
      auto again = std::make_shared<JobRun>();
      again->job = run->job;
      again->key = run->key;
      again->input = run->input;
      submit_job(std::move(again), scope);
    } else if (ends) {
      refuse(*scope.cause, unavailable(why_closed_));
    } else {
      refuse(*scope.cause, unavailable(absl::StrFormat(
                               "the job %s was ended by a reload; try again", run->name)));
    }
    (restarts ? ended.restarted : ended.dropped).push_back(run->name);
    cancel_job(*run);
    end_job(*run, nullptr);
  }
}

void Store::Core::effect_failed(Scope& scope, StagedEffect::Kind kind, std::string_view effect,
                                std::string_view reason) {
  count(effect_failures_);
  failed_[static_cast<std::size_t>(kind)]->add_alone();
  log_error(name_, "effect_failed", {{"effect", effect}, {"reason", reason}});
  refuse(*scope.cause, internal_error(absl::StrFormat("effect %s: %s", effect, reason)));
}

}  // namespace composable::host
