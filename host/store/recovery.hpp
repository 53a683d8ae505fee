// Recovery rebuilds the state from the log after a fault, beside the old state, and finds out when
// the log can be written again. From request_rebuild() until the new state is in place, nothing is
// decided, read or rendered. [serial], except where marked.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "events/event_store.hpp"
#include "runtime/clock.hpp"
#include "runtime/mutex.hpp"
#include "store/build_snapshot.hpp"
#include "store/jobs.hpp"
#include "store/log_replay.hpp"
#include "store/metric_cells.hpp"
#include "store/refused_types.hpp"
#include "store/serial_section.hpp"
#include "store/serving_state.hpp"
#include "store/store_status.hpp"
#include "store/worker_pool.hpp"

namespace composable::host {

class Recovery {
 public:
  // A state that was made of the log.
  struct Rebuilt {
    absl::Status status;
    std::shared_ptr<DomainHandle> state;
    std::vector<StoredTimer> timers;
    std::optional<ReplayProgress::Failure> failure;
    std::optional<BuildSnapshot> snapshot;
    std::optional<StreamTable> streams;  // when the log's own list had to be read
    std::uint64_t position = 0;
    std::int64_t micros = 0;
    bool writable = true;
    bool whole_log = false;  // until its end, and not only until where the state was
  };
  class Owner {
   public:
    virtual ~Owner() = default;
    // Takes the state and the timers in the place of those before; halts on a failure. Leaves the
    // old state in `rebuilt`.
    virtual void take_state(Rebuilt& rebuilt) STORE_SERIAL = 0;
  };
  // What it works with; all outlive it.
  struct Dependencies {
    Owner& owner;
    SerialSection& section;
    StoreStatus& status;
    const ServingState& serving;
    const Jobs& jobs;
    MetricCells& cells;
    EventStore* log;
    Clock& clock;
    WorkerPool* workers;  // may be null
    std::uint64_t snapshot_events;
  };
  Recovery(std::string domain, const Dependencies& dependencies)
      : domain_(std::move(domain)), deps_(dependencies) {}

  // The state has left the log's line.
  void request_rebuild(std::string why) STORE_SERIAL;
  // The same: an event of the command could not be evolved. The type is refused for a while.
  void request_rebuild_after(std::uint32_t command, std::string why) STORE_SERIAL;
  // What is in flight was decided before the fault, so it is stored, or fails, first: call this
  // when nothing is.
  void begin_if_requested() STORE_SERIAL {
    if (requested_ && !busy_) begin();
  }
  void cancel_rebuild() { requested_ = false; }  // the host shuts down

  // Why the log refused `bytes` of a request: no room, or it has what the state has not.
  void note_refusal(const AppendResult& result, std::size_t bytes);
  bool log_writable() const { return failed_bytes_ == 0; }

  // Until when a command is refused because of its event; steady microseconds, nothing when it is
  // not.
  std::optional<std::int64_t> refused_until(std::uint32_t command, std::int64_t now) const {
    return refused_.until(command, now);
  }
  bool refuses_nothing() const { return refused_.none(); }  // no command is refused
  // Another generation serves: it may take what this one did not.
  void clear_refused_commands();

  // Destroys the states that no job can read any more, where a destructor may take its time.
  void retire_states() {
    if (!retired_.empty()) retire_unread();
  }
  // [not a loop; blocks] Nothing of it runs any more, nor begins: the loops may still run what the
  // store has posted.
  void end();

 private:
  struct RetiredState {
    std::shared_ptr<DomainHandle> state;
    std::shared_ptr<DomainHandle> code;  // holds what destroys it
    std::uint64_t before_job;            // jobs that began earlier may still read it
  };

  void begin() STORE_SERIAL;
  Rebuilt rebuild(const DomainHandle& domain, std::optional<std::uint64_t> until) const;
  void take(Rebuilt& rebuilt) STORE_SERIAL;
  void save_later(std::optional<BuildSnapshot> snapshot);
  void refuse_poison(std::int64_t rebuild_us);
  void try_to_write_later();
  void try_to_write();
  void end_trial(bool writable) STORE_SERIAL;
  void recovered() STORE_SERIAL;
  void retire_unread();
  void on_own_thread(absl::AnyInvocable<void()> task);

  const std::string domain_;
  const Dependencies deps_;
  bool requested_ = false;
  bool busy_ = false;  // a rebuild or a trial is under way
  bool trial_planned_ = false;
  bool second_writer_ = false;    // the log has what the state has not
  std::size_t failed_bytes_ = 0;  // not 0: the log could not write so many
  std::int64_t trial_backoff_us_ = 0;
  std::int64_t rebuild_backoff_us_ = 0;  // after the log could not be read
  std::optional<std::uint32_t> poison_;  // the command whose event causes the rebuild
  RefusedTypes refused_;
  std::vector<RetiredState> retired_;
  Mutex thread_mutex_;
  // Of rebuilds and trial writes, which no job can occupy.
  std::thread thread_ ABSL_GUARDED_BY(thread_mutex_);
  bool ended_ ABSL_GUARDED_BY(thread_mutex_) = false;
};

}  // namespace composable::host
