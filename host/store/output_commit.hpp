// OutputCommit holds what leaves a domain until everything it was decided upon is durable. It lets
// entries out in the order of the decisions: first the events to sockets and observers, then the
// answer, then the effects. A failed commit drops everything that was decided upon it;
// OutputCommit ends those causes. [serial], except where marked.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "events/event_store.hpp"
#include "store/causes.hpp"
#include "store/fact.hpp"
#include "store/flight.hpp"
#include "store/observers.hpp"
#include "store/recovery.hpp"
#include "store/serial_section.hpp"
#include "store/serving_state.hpp"
#include "store/store_status.hpp"
#include "store/timers.hpp"
#include "store/waits.hpp"

namespace composable::host {

class OutputCommit final : public AppendListener, public Timers::Rows {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // Nothing is decided any more until a reload. `position` 0: it was none of the log's events.
    virtual void halt(std::uint64_t position, const CallError& error) STORE_SERIAL = 0;
  };
  // What it works with; all outlive it.
  struct Dependencies {
    Owner& owner;
    SerialSection& section;
    const StoreOptions& options;
    StoreStatus& status;
    ServingState& serving;
    Observers& observers;
    Waits& waits;
    Causes& causes;
    Recovery& recovery;
    EventStore* log;  // null: of an ephemeral domain
  };
  OutputCommit(std::string domain, const Dependencies& dependencies);

  // Nothing is held: what is decided now may leave at once, unless it has something for the log.
  bool empty() const { return flight_.empty(); }
  const Flight& flight() const { return flight_; }
  // Room for one more decide from outside.
  bool has_room() const { return flight_.has_room(); }
  bool has_room_for_read() const { return held_reads_ < deps_.options.flight; }
  // The log does not know what it holds: nothing is decided, rendered or read until it does.
  bool in_doubt() const { return in_doubt_; }

  // Takes what one decide returned, with one count of its scope, and sends `request`, which may be
  // null, to the log. A wait that it ends is rendered now.
  void hold(FlightEntry entry, std::unique_ptr<FlightRequest> request) STORE_SERIAL;
  // Holds the end of a wait: a refusal that was made on the state, or an answer that was rendered
  // on it. Takes a count of the scope.
  void hold_refusal(Scope& scope, Refusal refusal);
  void hold_settled(Cause& cause);
  void hold_read(Cause& cause);
  void forget_row(std::string key) STORE_SERIAL override;
  bool writes_row(const std::string& key) const override;

  // [writer], or [serial] with a store that answers at once.
  void appended(absl::Span<std::unique_ptr<AppendRequest>> answered) override;

  std::size_t size() const { return size_.load(std::memory_order_relaxed); }  // [any]

 private:
  FlightEntry& add(FlightEntry entry);
  void send(FlightEntry& entry, std::unique_ptr<FlightRequest> request) STORE_SERIAL;
  void render_wait(FlightEntry& entry);
  void take_answers(std::vector<std::unique_ptr<AppendRequest>>& answered) STORE_SERIAL;
  void end_request(FlightEntry& entry);
  void learn_from_those_behind();
  void release_durable() STORE_SERIAL;
  void notify_observers(FlightEntry& entry);
  void release(FlightEntry entry) STORE_SERIAL;
  void end_wait(const FlightEntry& entry);

  // failed_commit.cpp
  void fail() STORE_SERIAL;
  void forget_versions(const FlightEntry& entry);
  void drop(FlightEntry entry, const Refusal& refusal) STORE_SERIAL;
  void ask_about_head() STORE_SERIAL;
  void end_doubt();
  void count() { size_.store(flight_.size(), std::memory_order_relaxed); }

  const std::string domain_;
  const Dependencies deps_;
  Flight flight_;
  bool releasing_ = false;  // release_durable() is under way
  std::size_t held_reads_ = 0;
  bool in_doubt_ = false;  // an outcome is unknown, or was until just now
  bool asking_ = false;    // about the head, soon
  std::int64_t question_backoff_us_ = 0;
  std::atomic<std::size_t> size_{0};
};

}  // namespace composable::host
