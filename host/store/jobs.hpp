// Jobs runs the jobs of one store on the worker pool and feeds their results back. A job keeps the
// generation and the state that it began with until its code has returned. [serial], except where
// marked.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "runtime/scheduler.hpp"
#include "store/effect_host.hpp"
#include "store/serial_section.hpp"
#include "store/store.hpp"
#include "store/worker_pool.hpp"

namespace composable::host {

class Jobs {
 public:
  // `workers` may be null: then every job fails. `domain` is whose jobs they are, for the log.
  Jobs(EffectHost& host, SerialSection& section, Scheduler& scheduler, WorkerPool* workers,
       std::string domain = {})
      : host_(host),
        section_(section),
        scheduler_(scheduler),
        workers_(workers),
        lane_(workers == nullptr ? nullptr : workers->lane(std::move(domain))) {}
  ~Jobs();

  // Begins with `domain` and its state of now. Jobs with one key run side by side, in no order.
  void start(StagedEffect& effect, Scope& scope,
             const std::shared_ptr<DomainHandle>& domain) STORE_SERIAL;
  // All with that key.
  void cancel(const std::string& key) STORE_SERIAL;
  void cancel_all() STORE_SERIAL;
  // Ends those that `replaced` has begun: what they still send is refused. Restartable ones begin
  // again with `serving`, unless the host shuts down: then all causes end with `shut_down`.
  EndedJobs end_of(const DomainHandle& replaced, const std::shared_ptr<DomainHandle>& serving,
                   const Refusal* shut_down) STORE_SERIAL;

  // A job that begins now gets this number; they grow.
  std::uint64_t next() const { return next_; }
  // Whose code has not returned, ended or not; next() when there is none.
  std::uint64_t oldest() const;
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }  // [any]

 private:
  struct Run;

  void submit(std::shared_ptr<Run> run, Scope& scope,
              const std::shared_ptr<DomainHandle>& domain) STORE_SERIAL;
  void run(const std::shared_ptr<Run>& run);  // [worker]
  static composable_status send(composable_job_context* self, const composable_action* action);
  void wake(const std::shared_ptr<Run>& run);  // [any]
  void cancel(Run& run) STORE_SERIAL;
  void end(Run& run, const CallError* failure) STORE_SERIAL;
  void count() { size_.store(runs_.size(), std::memory_order_relaxed); }

  EffectHost& host_;
  SerialSection& section_;
  Scheduler& scheduler_;
  WorkerPool* const workers_;
  const std::shared_ptr<WorkerPool::Lane> lane_;
  absl::flat_hash_map<std::uint64_t, std::shared_ptr<Run>> runs_;
  // Ended, and perhaps still running on a worker; those that are not have expired.
  std::vector<std::pair<std::uint64_t, std::weak_ptr<Run>>> returning_;
  std::uint64_t next_ = 1;
  std::atomic<std::size_t> size_{0};
};

}  // namespace composable::host
