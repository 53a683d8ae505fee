// A Store runs one domain: its mailbox, its state, and the pipeline decide -> evolve -> persist ->
// broadcast -> reply.
//
// A domain is serial. The loop thread that brings work runs it in place when the domain is free,
// and leaves it in the mailbox when not. The thread inside drains up to StoreOptions::drain_items
// items or for StoreOptions::drain_us, then hands over through the scheduler.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bus/action_ring.hpp"
#include "bus/broadcast.hpp"
#include "bus/topics.hpp"
#include "domain/domain_handle.hpp"
#include "events/event_store.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"
#include "runtime/scheduler.hpp"
#include "store/waiter.hpp"

namespace composable::host {

class MetricsRegistry;
class WorkerPool;

struct StoreOptions {
  std::size_t mailbox = 65536;  // items waiting; beyond it 503
  // Decided and not yet durable; beyond it commands and reads are 503. Bytes are of events.
  std::size_t flight = 65536;
  std::size_t flight_bytes = 64 << 20;
  std::size_t delays = 65536;  // pending delays; beyond it the command fails
  std::size_t drain_items = 64;
  std::int64_t drain_us = 200;
  std::uint32_t timeout_ms = 5000;      // of a route that names none
  std::size_t subscriber_actions = 16;  // actions kept for each in-process subscriber
  // Replayed events after which a domain that exports its state gets a snapshot.
  std::uint64_t snapshot_events = 10'000;
  std::uint32_t number = 0;  // the domain's number in this host
};

// What a store works with; all outlive it.
struct StoreEnvironment {
  EventStore* events = nullptr;
  BroadcastBus* bus = nullptr;
  Scheduler* scheduler = nullptr;
  Clock* clock = nullptr;
  Rng* rng = nullptr;
  WorkerPool* workers = nullptr;
  MetricsRegistry* metrics = nullptr;  // may be null
  TopicTable* topics = nullptr;        // may be null: messages reach no listener
};

struct ReplayReport {
  std::uint64_t snapshot = 0;  // it began after this position; 0: at the beginning of the log
  std::uint64_t events = 0;
  std::uint64_t position = 0;
  std::int64_t micros = 0;
};

// A command whose event could not be evolved, and for how long it is still refused.
struct RefusedCommand {
  std::string command;
  std::int64_t seconds = 0;
};

struct StoreHealth {
  bool serving = false;  // replayed and not halted
  bool halted = false;
  // The state is rebuilt, or the log cannot write: commands wait or are refused for now.
  bool recovering = false;
  std::string reason;  // of the halt, or of what is recovered from
  std::vector<RefusedCommand> refused;
  std::uint64_t position = 0;
  std::size_t mailbox = 0, flight = 0, delays = 0, causes = 0, jobs = 0;
};

struct StoreMetrics {
  std::uint64_t actions_dispatched = 0;
  std::uint64_t effects_executed = 0;
  std::uint64_t effect_failures = 0;
  std::uint64_t refused_overloaded = 0;
};

// The state of one moment, as its domain writes it.
struct ExportedState {
  std::uint32_t schema = 0;  // state_schema of the generation that wrote it
  std::string data;
};

// How the next generation got its state.
enum class StateCarried : std::uint8_t {
  kReplayed,  // durable: from the log
  kImported,  // ephemeral: from what the old generation exported
  kReset,  // ephemeral: not at all; the domain declares that it may be lost, or it was lost before
};

// How a generation took the place of the one before.
struct SwapReport {
  // The generation that served until now. Jobs that it began may still hold it; whoever releases it
  // last destroys its state, on a thread that ends right after.
  std::shared_ptr<DomainHandle> replaced;
  StateCarried state = StateCarried::kReplayed;
  std::uint64_t snapshot = 0;  // replayed: as in ReplayReport
  std::uint64_t events = 0;    // evolved while the other one served
  std::uint64_t tail = 0;      // evolved while none served
  std::uint64_t bytes = 0;     // imported
  std::int64_t export_us = 0;  // the old generation took to write them
  std::int64_t import_us = 0;  // the new one took to read them
  std::int64_t pause_us = 0;   // without a serving generation; includes the two above
};

// What became of the jobs of a replaced generation, by name.
struct EndedJobs {
  std::vector<std::string> dropped;    // their causes are refused
  std::vector<std::string> restarted;  // from their input, by the generation that serves
  std::vector<std::string> running;    // those of the above whose code has not returned yet
};

class Store {
 public:
  // Whoever releases `domain` last destroys its state.
  Store(std::shared_ptr<DomainHandle> domain, StoreEnvironment environment, StoreOptions options);
  Store(DomainHandle domain, StoreEnvironment environment, StoreOptions options)
      : Store(std::make_shared<DomainHandle>(std::move(domain)), environment, options) {}
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const std::string& name() const;
  // [any] The generation that serves now; it lives for as long as it is held.
  std::shared_ptr<const DomainHandle> domain() const;

  // [not a loop; blocks] Rebuilds the state from the log, or from what came after a snapshot of
  // this very build, and arms the stored delays; before the first call.
  absl::StatusOr<ReplayReport> replay();

  // [own thread] Replaces the serving generation by `next`, whose state is empty.
  // A durable one evolves the log while the old one serves, and the domain stops only for the
  // events that came meanwhile. An ephemeral one imports what the old one exports while the domain
  // stops, or begins empty where it declares that. A domain that had halted serves again. On
  // failure nothing has changed, and the message says what `next` does not accept. One at a time,
  // after replay().
  absl::StatusOr<SwapReport> replace(std::shared_ptr<DomainHandle> next);

  // [not a loop; blocks] Ends the jobs that a replaced generation has begun: suspended ones let go
  // of it soon, running ones when their code returns. What either still sends is refused.
  EndedJobs end_jobs_of(const DomainHandle& replaced);

  // [not a loop; blocks] The state of this moment, for a trial. The domain stops while it is
  // written. FailedPrecondition when the generation that serves cannot export it.
  absl::StatusOr<ExportedState> export_state();

  // [not a loop; blocks] As in EventStore, for a stream of this domain: what is in flight is stored
  // first, and a stream that is to be deleted takes no event from the call on. Unavailable: nothing
  // was removed; ask again.
  absl::Status truncate_stream(const std::string& stream, std::uint64_t before_version);
  absl::Status delete_stream(const std::string& stream);

  // [loop] Answers one HTTP request. `request` and `reply` stay until the reply ended.
  void call(std::uint32_t route, const composable_request& request, const Caller& caller,
            RouteReply& reply);

  // [any] Sends a command. The payload is copied when it must rest. The waiter, when given, is
  // called when the cause has ended; `timeout_ms` 0 takes the default.
  void send(const composable_action& action, const Caller& caller, Waiter* waiter = nullptr,
            std::uint32_t timeout_ms = 0);

  // The action that matched when a wait ended well.
  struct Awaited {
    std::string type;
    std::string data;  // wire JSON
    std::uint64_t position = 0;
  };
  // [not a loop] Registers the wait, sends, and blocks until an action of this cause matches.
  // DeadlineExceeded ("Timeout"), Unavailable ("ShuttingDown", "DomainHalted"), Aborted
  // ("ChannelClosed": settled without a match).
  absl::StatusOr<Awaited> send_and_wait_for(std::string_view type, std::string_view json,
                                            const Caller& caller, Match match,
                                            std::int64_t timeout_us);

  // [any] Every action that an effect produced, whatever its class, after it was applied.
  std::shared_ptr<ActionSubscriber> subscribe_actions();

  // [any] Runs `reader` in the serial section, in place or soon.
  void read(absl::AnyInvocable<void(const DomainHandle&)> reader);

  StoreHealth health() const;    // [any]
  StoreMetrics metrics() const;  // [any]

  // [any] Unsubscribes from all topics. Called before the domain is removed, so that messages from
  // then on count as unheard instead of being taken and lost.
  void leave_topics();

  // [not a loop] Refuses new work, lets running work end, and returns the number of causes that did
  // not end in time. `why` is the reason that new work is refused with.
  std::size_t shutdown(std::int64_t timeout_us, std::string why = "The host is shutting down");

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace composable::host
