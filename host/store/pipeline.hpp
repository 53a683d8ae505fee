// The inside of a store: decide, evolve, persist, broadcast, reply, and the effects and counts that
// make of one send a cause that settles. A hop is a file of its name.
//
// What a decide of a durable domain returned moves the state at once and leaves as one entry of the
// flight (flight.hpp), when it and all before it are durable: leave.cpp. An ephemeral domain has an
// empty flight; it evolves, broadcasts and answers inside the plugin's commit().
//
// Everything marked as needing `mailbox_` runs in the domain's serial section.
#pragma once
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "observe/metrics.hpp"
#include "store/cause.hpp"
#include "store/deadlines.hpp"
#include "store/delays.hpp"
#include "store/flight.hpp"
#include "store/mailbox.hpp"
#include "store/own_snapshot.hpp"
#include "store/refused_types.hpp"
#include "store/route_call.hpp"
#include "store/staged_effects.hpp"
#include "store/store.hpp"
#include "store/stream_table.hpp"
#include "store/worker_pool.hpp"

namespace composable::host {

// What needs the serial section.
#define SERIAL ABSL_EXCLUSIVE_LOCKS_REQUIRED(mailbox_)

class Store::Core final : public AppendListener,
                          public TopicListener,
                          public StagedEffects::Committer,
                          public std::enable_shared_from_this<Store::Core> {
 public:
  Core(std::shared_ptr<DomainHandle> domain, StoreEnvironment environment, StoreOptions options);
  ~Core() override;

  const std::string& name() const { return name_; }
  // [any] The generation that serves, for who looks from outside the serial section.
  std::shared_ptr<const DomainHandle> domain() const {
    MutexLock lock(status_mutex_);
    return shown_domain_;
  }

  absl::StatusOr<ReplayReport> replay() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  void call(std::uint32_t route, const composable_request& request, const Caller& caller,
            RouteReply& reply);
  void send(const composable_action& action, const Caller& caller, Waiter* waiter,
            const Store::Match* match, std::uint32_t timeout_ms);
  void read(absl::AnyInvocable<void(const DomainHandle&)> reader);
  std::shared_ptr<ActionSubscriber> subscribe() { return ActionRing::subscribe(ring_); }
  StoreHealth health() const;
  StoreMetrics metrics() const;
  std::size_t shutdown(std::int64_t timeout_us, std::string why);

  void appended(absl::Span<std::unique_ptr<AppendRequest>> answered) override;
  void commit() override;

  absl::StatusOr<SwapReport> replace(std::shared_ptr<DomainHandle> next);
  EndedJobs end_jobs_of(const DomainHandle& replaced);
  absl::StatusOr<ExportedState> export_state();

  void listen_to_topics();
  void leave_topics();
  void join_own_thread();  // [not a loop; blocks]
  absl::Status deliver(std::shared_ptr<const TopicMessage> message) override;

 private:
  struct JobRun;   // a job that runs or is suspended
  struct Current;  // the decide that is under way
  struct Watch;    // of what was delivered on one topic

  // How somebody waits for a cause; by default nobody does.
  struct Wait {
    Waiter* waiter = nullptr;
    std::uint32_t route = Cause::kNoRoute;  // its outcomes end it well
    const Store::Match* match = nullptr;    // or: any action that this accepts
    std::uint32_t timeout_ms = 0;           // 0: the store's
  };

  // --- the serial section (pipeline.cpp) ---
  template <typename Work>
  void enter_or_queue(Work work) ABSL_NO_THREAD_SAFETY_ANALYSIS;
  void drain() ABSL_UNLOCK_FUNCTION(mailbox_) ABSL_NO_THREAD_SAFETY_ANALYSIS;
  bool work_left() const SERIAL;
  void work_once() SERIAL;
  void hand_over() SERIAL;
  void post(Mailbox::Work work);         // [any] never refused
  void post_urgent(Mailbox::Work work);  // [any] before all that waits, also while paused
  void run_next() SERIAL;
  void take_urgent() SERIAL;
  void run_inside(absl::FunctionRef<void()> work)  // [not a loop thread; blocks]
      ABSL_NO_THREAD_SAFETY_ANALYSIS;
  void lend() ABSL_UNLOCK_FUNCTION(mailbox_) ABSL_NO_THREAD_SAFETY_ANALYSIS;

  // --- how work comes in (entry.cpp) ---
  bool is_open() const;    // [any]
  Refusal closed() const;  // [any] why it is not
  Refusal halted() const;  // [any]
  static const Refusal& too_busy();
  std::optional<Refusal> why_not_decide() const SERIAL;  // what comes from outside
  std::optional<Refusal> why_not_read() const SERIAL;
  bool may_decide() const SERIAL;  // what the domain made for itself
  RouteCall& new_call() SERIAL;
  void read_route(const RouteType& route, const composable_request& request,
                  RouteReply& reply) SERIAL;
  void call_inside(std::uint32_t route, const composable_request& request, const Caller& caller,
                   RouteReply& reply) SERIAL;
  void route_command(const RouteType& route, const composable_request& request,
                     const Caller& caller, RouteReply& reply) SERIAL;

  // --- decide (decide.cpp) ---
  void start_cause(const composable_action& action, const Caller& caller, const Wait& wait) SERIAL;
  void decide(const composable_action& action, Scope& scope, bool produced) SERIAL;
  void append(const composable_action& command, Scope& scope) SERIAL;
  bool needs_log() SERIAL;
  void refuse_in_order(Scope& scope, Refusal refusal) SERIAL;
  bool refused_as_poison(const composable_action& action, Scope& scope, bool produced) SERIAL;

  // --- evolve (evolve.cpp) ---
  void apply_facts() SERIAL;
  bool evolve_request(const composable_action& command, const FlightRequest& request) SERIAL;

  // --- persist (persist.cpp) ---
  std::unique_ptr<FlightRequest> make_request(Cause& cause,
                                              const composable_context& context) SERIAL;
  std::optional<Refusal> check_expectations(FlightRequest& request) SERIAL;
  void enter_flight(Scope& scope, std::unique_ptr<FlightRequest> request) SERIAL;
  void send_to_log(FlightEntry& entry, std::unique_ptr<FlightRequest> request) SERIAL;
  void take_answers(std::vector<std::unique_ptr<AppendRequest>>& answered) SERIAL;

  // --- leave (leave.cpp) ---
  struct Fact {
    composable_action action;
    std::string_view stream;
    std::uint64_t position = 0;
  };
  void leave_what_is_durable() SERIAL;
  void tell(FlightEntry& entry) SERIAL;
  void leave(FlightEntry entry) SERIAL;
  void end_wait(const FlightEntry& entry) SERIAL;
  static Fact source_of(const FlightEntry& entry);

  // --- a commit that failed (failure.cpp) ---
  void note_failure(const FlightEntry& entry) SERIAL;
  void fail_flight() SERIAL;
  void forget_versions(const FlightEntry& entry) SERIAL;
  void drop(FlightEntry entry, const Refusal& refusal) SERIAL;
  void ask_about_head() SERIAL;
  void end_doubt() SERIAL;
  void try_to_write_later() SERIAL;
  void end_trial(bool writable) SERIAL;

  // --- the state is made anew (rebuild.cpp) ---
  struct Rebuilt {
    absl::Status status;
    std::shared_ptr<DomainHandle> state;
    std::vector<StoredTimer> timers;
    std::optional<ReplayProgress::Failure> failure;
    std::optional<OwnSnapshot> snapshot;
    std::optional<StreamTable> streams;  // when the log's own list had to be read
    std::uint64_t position = 0;
    std::int64_t micros = 0;
    bool writable = true;
  };
  void want_rebuild(std::string why) SERIAL;
  void recovered() SERIAL;
  void rebuild_when_empty() SERIAL;
  Rebuilt rebuild_state(const DomainHandle& domain, std::optional<std::uint64_t> until) const;
  void end_rebuild(Rebuilt& rebuilt) SERIAL;
  void retire_states() SERIAL;
  void on_own_thread(absl::AnyInvocable<void()> task) SERIAL;

  // --- broadcast (broadcast.cpp) ---
  void broadcast_produced() SERIAL;
  void broadcast(const Fact& fact, Cause& cause) SERIAL;
  void flush_broadcasts() SERIAL;

  // --- reply (reply.cpp) ---
  struct Ending;  // how a fact ends a wait
  bool ends_wait(const Fact& fact, const Cause& cause, Ending& ending) SERIAL;
  void reply_if_awaited(const Fact& fact, Cause& cause) SERIAL;
  void answer_in_flight(FlightEntry& entry) SERIAL;
  void reply(Cause& cause, const Outcome& outcome) SERIAL;
  void refuse(Cause& cause, const Refusal& refusal) SERIAL;
  void end_now(Cause& cause, const Refusal& refusal) SERIAL;

  // --- effects and settling (settle.cpp) ---
  Cause& new_cause() SERIAL;
  void free_cause(Cause& cause) SERIAL;
  void start_effects(std::vector<StagedEffect>& effects, Scope& scope) SERIAL;
  void start_effect(StagedEffect& effect, Scope& scope) SERIAL;
  void start_group(StagedEffect& group, Scope& parent) SERIAL;
  bool start_next_step(Scope& scope) SERIAL;
  void feed_back(std::uint32_t type, std::string data, Scope& scope) SERIAL;
  void release(Scope& scope) SERIAL;
  void settle(Cause& cause) SERIAL;

  // --- delays and deadlines (timers.cpp) ---
  void start_delay(StagedEffect& effect, Scope& scope) SERIAL;
  void cancel(const StagedEffect& effect) SERIAL;
  bool has_new_row(const std::string& key) const SERIAL;
  void forget_timer(std::string key) SERIAL;
  void fire_due() SERIAL;
  void expire_waits() SERIAL;
  void arm_timer() SERIAL;

  // --- jobs and loads (job_runs.cpp, loads.cpp) ---
  void start_job(StagedEffect& effect, Scope& scope) SERIAL;
  void run_job(const std::shared_ptr<JobRun>& run);  // [worker]
  void end_job(JobRun& run, const CallError* failure) SERIAL;
  static void wake_job(const std::shared_ptr<Core>& core, const std::shared_ptr<JobRun>& run);
  static bool has_key(const JobRun& run, const std::string& key);
  void cancel_job(JobRun& run) SERIAL;
  void submit_job(std::shared_ptr<JobRun> run, Scope& scope) SERIAL;
  void end_jobs_inside(const DomainHandle& replaced, EndedJobs& ended) SERIAL;
  void effect_failed(Scope& scope, StagedEffect::Kind kind, std::string_view effect,
                     std::string_view reason) SERIAL;
  void start_load(StagedEffect& effect, Scope& scope) SERIAL;

  // --- topics (topic_deliveries.cpp) ---
  void publish_event(StagedEffect& effect, Scope& scope) SERIAL;
  void begin_delivery(const TopicMessage& message) SERIAL;
  void watch_deliveries() SERIAL;

  // --- the log as the source of the state (replay.cpp) ---
  absl::StatusOr<std::optional<OwnSnapshot>> rebuild(ReplayReport& report) SERIAL;
  std::optional<OwnSnapshot> snapshot_if_due(const DomainHandle& domain, std::uint64_t events,
                                             std::uint64_t position) const;
  absl::Status arm_stored_timers() SERIAL;
  void arm_timers(std::vector<StoredTimer>& timers) SERIAL;
  absl::StatusOr<StreamTable> load_streams() const;  // [not a loop]
  void recreate_when_idle() SERIAL;

  // --- the next generation (swap.cpp, carry_over.cpp); what is not serial blocks ---
  struct Successor;
  absl::Status catch_up_with_serving(Successor& successor);
  absl::StatusOr<std::uint64_t> evolve_successor(Successor& successor, std::uint64_t until);
  absl::Status evolve_tail(Successor& successor) SERIAL;
  absl::Status evolve_flown(Successor& successor, const FlightEntry& entry) SERIAL;
  absl::Status carry_over(Successor& successor) SERIAL;
  absl::Status export_inside(ExportedState& state) SERIAL;
  void take_place(Successor& successor) SERIAL;

  // --- halt and end (lifecycle.cpp) ---
  void halt(std::uint64_t position, const CallError& error) SERIAL;
  void halt_on_damage(const absl::Status& status) SERIAL;
  void note_idle() SERIAL;

  void resolve_types() SERIAL;
  void resolve_metrics();

  const std::string name_;
  std::shared_ptr<DomainHandle> domain_ ABSL_GUARDED_BY(mailbox_);
  const StoreEnvironment env_;
  const StoreOptions options_;
  std::shared_ptr<ActionRing> ring_;
  std::vector<std::uint32_t> ring_types_;  // by action type: its number in the ring

  mutable Mailbox mailbox_;
  std::shared_ptr<std::promise<void>> borrower_ ABSL_GUARDED_BY(mailbox_);  // see run_inside()
  StagedEffects stage_ ABSL_GUARDED_BY(mailbox_);
  Current* current_ ABSL_GUARDED_BY(mailbox_) = nullptr;
  std::uint64_t position_ ABSL_GUARDED_BY(mailbox_) = 0;  // of the last event known to be durable
  StreamTable streams_ ABSL_GUARDED_BY(mailbox_);
  Flight flight_ ABSL_GUARDED_BY(mailbox_);
  bool leaving_ ABSL_GUARDED_BY(mailbox_) = false;  // leave_what_is_durable() is under way
  std::size_t held_reads_ ABSL_GUARDED_BY(mailbox_) = 0;
  std::uint64_t next_cause_ ABSL_GUARDED_BY(mailbox_) = 1;
  std::vector<std::unique_ptr<Cause>> cause_memory_ ABSL_GUARDED_BY(mailbox_);
  std::vector<Cause*> free_causes_ ABSL_GUARDED_BY(mailbox_);
  absl::flat_hash_map<Scope*, std::unique_ptr<Scope>> groups_ ABSL_GUARDED_BY(mailbox_);
  std::vector<std::unique_ptr<RouteCall>> call_memory_ ABSL_GUARDED_BY(mailbox_);
  RouteCall* free_calls_ ABSL_GUARDED_BY(mailbox_) = nullptr;

  // Work that this domain made for itself, done before anything else of the mailbox.
  struct Feedback {
    std::uint32_t type;
    std::string data;
    Scope* scope;
    bool produced = true;  // by an effect: observers are told of it
  };
  std::deque<Feedback> feedback_ ABSL_GUARDED_BY(mailbox_);
  std::vector<Scope*> release_later_ ABSL_GUARDED_BY(mailbox_);  // what a halt dropped
  bool needs_recreate_ ABSL_GUARDED_BY(mailbox_) = false;

  // Of a state that has left the log's line: see failure.cpp and rebuild.cpp.
  bool second_writer_ ABSL_GUARDED_BY(mailbox_) = false;   // the log has what the state has not
  bool rebuild_wanted_ ABSL_GUARDED_BY(mailbox_) = false;  // as soon as the flight is empty
  bool rebuilding_ ABSL_GUARDED_BY(mailbox_) = false;
  bool in_doubt_ ABSL_GUARDED_BY(mailbox_) = false;  // an outcome is unknown, or was until just now
  std::size_t failed_bytes_ ABSL_GUARDED_BY(mailbox_) =
      0;  // not 0: the log could not write so many
  std::int64_t trial_backoff_us_ ABSL_GUARDED_BY(mailbox_) = 0;
  std::int64_t rebuild_began_us_ ABSL_GUARDED_BY(mailbox_) = 0;
  std::optional<std::uint32_t> poison_ ABSL_GUARDED_BY(mailbox_);  // the command of the rebuild
  RefusedTypes refused_types_ ABSL_GUARDED_BY(mailbox_);
  bool asking_ ABSL_GUARDED_BY(mailbox_) = false;  // about the head, soon
  std::int64_t question_backoff_us_ ABSL_GUARDED_BY(mailbox_) = 0;
  Mutex own_thread_mutex_;
  std::thread own_thread_ ABSL_GUARDED_BY(own_thread_mutex_);
  bool ended_ ABSL_GUARDED_BY(own_thread_mutex_) = false;  // no thread begins any more
  struct RetiredState {
    std::shared_ptr<DomainHandle> state;
    std::uint64_t before_job;  // jobs that began earlier may still read it
  };
  std::vector<RetiredState> retired_states_ ABSL_GUARDED_BY(mailbox_);

  Delays delays_ ABSL_GUARDED_BY(mailbox_);
  Deadlines deadlines_ ABSL_GUARDED_BY(mailbox_);
  std::int64_t timer_due_ ABSL_GUARDED_BY(mailbox_) = Deadlines::kNever;  // steady
  absl::flat_hash_map<std::uint64_t, std::shared_ptr<JobRun>> jobs_ ABSL_GUARDED_BY(mailbox_);
  std::uint64_t next_job_ ABSL_GUARDED_BY(mailbox_) = 1;
  std::shared_ptr<BroadcastBatch> batch_ ABSL_GUARDED_BY(mailbox_);
  std::string scratch_ ABSL_GUARDED_BY(mailbox_);  // the action that is being told, as JSON
  CallError error_ ABSL_GUARDED_BY(mailbox_);      // of the last call that failed; read at once

  absl::flat_hash_map<std::string, std::unique_ptr<Watch>>
      watches_;  // by topic, of all generations

  // Cells of the registry, or `uncounted_`; by action type and by effect kind.
  Counter uncounted_;
  std::vector<Counter*> applied_;
  std::array<Counter*, StagedEffect::kKinds> started_{};
  std::array<Counter*, StagedEffect::kKinds> failed_{};
  Counter* deliveries_refused_ = &uncounted_;

  // Read by anybody.
  std::atomic<bool> serving_{false};
  std::atomic<bool> halted_{false};
  std::atomic<bool> recovering_{false};
  std::atomic<bool> shutting_down_{false};
  std::string why_closed_;  // written before shutting_down_ is
  mutable Mutex status_mutex_;
  std::condition_variable_any idle_changed_;
  std::shared_ptr<const DomainHandle> shown_domain_ ABSL_GUARDED_BY(status_mutex_);
  std::string halt_reason_ ABSL_GUARDED_BY(status_mutex_);
  bool idle_ ABSL_GUARDED_BY(status_mutex_) = false;  // shutting down and nothing is left
  std::atomic<std::uint64_t> shown_position_{0};
  std::atomic<std::size_t> n_causes_{0}, n_flight_{0}, n_feedback_{0}, n_delays_{0}, n_jobs_{0};
  std::atomic<std::uint64_t> overloaded_{0};
  // Written in the serial section only, so without a locked instruction.
  std::atomic<std::uint64_t> decided_{0}, effects_{0}, effect_failures_{0};
  static void count(std::atomic<std::uint64_t>& cell) {
    cell.store(cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
};

// The generation that is to serve, and how far it has come.
struct Store::Core::Successor {
  std::shared_ptr<DomainHandle> domain;
  bool begun = false;         // its state has something of the log
  std::uint64_t reached = 0;  // durable: position of the last event in its state
  SwapReport report;
};

#undef SERIAL

// Waits for every cause that began with a delivery on its topic: nobody else would hear of a
// failure.
struct Store::Core::Watch final : Waiter {
  std::string domain, topic;
  Counter* handled = nullptr;  // settled, or answered by a rejection
  Counter* failed = nullptr;

  void ended(const Outcome& outcome) noexcept override;
};

// The decide that is under way, for commit() to find.
struct Store::Core::Current {
  Scope* scope;
  composable_context* context;
  const composable_action* action;
  bool produced;        // by an effect, and observers have not been told
  bool failed = false;  // an evolve failed: the domain has halted
};

}  // namespace composable::host
