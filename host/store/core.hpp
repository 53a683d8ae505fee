// Store::Core puts the parts of one store together and runs its start and its end. The pipeline is
// in pipeline.hpp; each part documents its own dependencies.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "store/generation_swap.hpp"
#include "store/jobs.hpp"
#include "store/loads.hpp"
#include "store/requests.hpp"
#include "store/stream_removal.hpp"
#include "store/topic_port.hpp"

namespace composable::host {

class Store::Core final : public SerialSection::Owner,
                          public Causes::Listener,
                          public EffectHost,
                          public OutputCommit::Owner,
                          public Recovery::Owner,
                          public GenerationSwap::Owner,
                          public std::enable_shared_from_this<Store::Core> {
 public:
  Core(std::shared_ptr<DomainHandle> domain, StoreEnvironment environment,
       StoreOptions options) ABSL_NO_THREAD_SAFETY_ANALYSIS;

  const std::string& name() const { return name_; }
  const StoreStatus& status() const { return status_; }
  Requests& requests() { return requests_; }
  Observers& observers() { return observers_; }
  GenerationSwap& swap() { return swap_; }
  StreamRemoval& removal() { return removal_; }

  void listen_to_topics();  // [any]
  void leave_topics() { topics_.leave(); }
  void close();  // [not a loop; blocks] Nothing comes any more, and no thread of its own runs.
  // These as in Store.
  absl::StatusOr<ReplayReport> replay() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  EndedJobs end_jobs_of(const DomainHandle& replaced);
  std::size_t shutdown(std::int64_t timeout_us, std::string why);
  StoreHealth health() const;
  StoreMetrics metrics() const { return cells_.read(); }

 private:
  // SerialSection::Owner
  bool do_pending(SerialSection::Budget& budget) STORE_SERIAL override;
  void before_rest() STORE_SERIAL override;
  void before_yield() STORE_SERIAL override { observers_.flush(); }
  std::shared_ptr<void> keep_alive() override { return shared_from_this(); }
  // Causes::Listener
  void start_effect(StagedEffect& effect, Scope& scope) STORE_SERIAL override;
  void settled(Cause& cause) STORE_SERIAL override;
  // EffectHost
  Cause& begin(EventMeta meta) STORE_SERIAL override;
  void feed_back(std::uint32_t type, std::string data, Scope& scope) STORE_SERIAL override;
  void fail(Scope& scope, StagedEffect::Kind kind, std::string_view effect,
            std::string_view reason) STORE_SERIAL override;
  void refuse(Scope& scope, const Refusal& refusal) STORE_SERIAL override;
  void release(Scope& scope) STORE_SERIAL override { causes_.release(scope); }
  // OutputCommit::Owner, Recovery::Owner, GenerationSwap::Owner
  void halt(std::uint64_t position, const CallError& error) STORE_SERIAL override;
  void take_state(Recovery::Rebuilt& rebuilt) STORE_SERIAL override;
  void take_place(std::shared_ptr<DomainHandle>& next, std::uint64_t position,
                  std::vector<StoredTimer>* timers) STORE_SERIAL override;

  absl::StatusOr<std::optional<BuildSnapshot>> load(ReplayReport& report) STORE_SERIAL;
  bool end_settled(Cause& cause) STORE_SERIAL;
  bool may_decide() const STORE_SERIAL;
  void feed_back_one() STORE_SERIAL;
  void end_all_waits(const Refusal& refusal) STORE_SERIAL;
  void recreate_when_idle() STORE_SERIAL;
  void arm_timer() STORE_SERIAL;
  void note_idle() STORE_SERIAL;

  const std::string name_;
  const StoreEnvironment env_;
  const StoreOptions options_;
  ServingState serving_ STORE_GUARDED;
  SerialSection section_;
  StoreStatus status_;
  MetricCells cells_;
  Causes causes_;
  Waits waits_;
  Observers observers_;
  Jobs jobs_;
  Timers timers_;
  Loads loads_;
  Feedback feedback_;
  TopicPort topics_;
  Recovery recovery_;
  OutputCommit output_;
  Pipeline pipeline_;
  Requests requests_;
  GenerationSwap swap_;
  StreamRemoval removal_;

  bool needs_recreate_ STORE_GUARDED = false;  // an ephemeral domain's state is half moved
  std::int64_t timer_due_ STORE_GUARDED = Deadlines::kNever;  // steady: when arm_timer()'s fires
};

}  // namespace composable::host
