// A Flight holds what a durable domain has decided and not yet let out, in order.
//
// Deciding changes the state at once; everything that leaves the domain waits for the log. An
// entry is what one decide returned, or one answer that was rendered from a state that is not
// durable yet. Entries leave in order, each when all entries before it are durable. [serial]
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "events/event_store.hpp"
#include "runtime/refusal.hpp"
#include "store/cause.hpp"
#include "store/staged_effects.hpp"
#include "store/stream_table.hpp"

namespace composable::host {

// A request on its way to the log. The log reads it; it does not change until it is answered.
struct FlightRequest final : AppendRequest {
  std::uint64_t entry = 0;                        // FlightEntry::number
  std::vector<std::vector<std::uint32_t>> types;  // action type of each event
  std::vector<StreamTable::Key> keys;             // of the streams
};

struct FlightEntry {
  enum class CommitState : std::uint8_t {
    kFree,     // has no request
    kAtLog,    // not answered yet
    kStored,   // durable, and the answer has been taken
    kUnknown,  // the log does not know; it is asked until it does
    kFailed,   // nothing of it is stored
  };
  // Where the action lies that ended a wait.
  enum class Source : std::uint8_t { kNone, kProduced, kEvent, kFact };

  std::uint64_t number = 0;
  CommitState commit_state = CommitState::kFree;
  Scope* scope = nullptr;                   // holds one count of it; null: only writes timers
  const FlightRequest* request = nullptr;   // at the log, or `answered`
  std::unique_ptr<FlightRequest> answered;  // what came back
  std::size_t bytes = 0;                    // of the request

  std::uint32_t produced_type = 0;  // the action of an effect that was decided, for observers
  std::string produced;             // as JSON; empty: none
  std::vector<StagedFact> facts;    // announced, in JSON form
  std::vector<StagedEffect> after;
  bool read = false;  // the answer of a read route

  // The wait of the cause ended here: it is rendered, and answered when this entry leaves.
  bool answers = false;
  Outcome::Kind kind = Outcome::Kind::kSettled;
  std::unique_ptr<Refusal> refusal;  // kRefused
  Source source = Source::kNone;
  std::size_t place = 0;  // which event, over all streams, or which fact
};

class Flight {
 public:
  // `entries` and `bytes` of requests: what work from outside may fill.
  Flight(std::size_t entries, std::size_t bytes) : max_entries_(entries), max_bytes_(bytes) {}

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  std::size_t at_log() const { return at_log_; }
  // Whether one more decide may begin. It may go over by what one decide returns.
  // Held reads have a bound of their own.
  bool has_room() const {
    return empty() || (entries_.size() - reads_ < max_entries_ && bytes_ < max_bytes_);
  }
  // The number that the requests of this flight carry; grows over all flights of this process,
  // since a log outlives a domain that goes and comes back.
  std::uint64_t number() const { return number_; }
  // Begins another flight with the next decision.
  void begin_next() { number_ = next_number(); }

  FlightEntry& add(FlightEntry entry) {
    entry.number = next_entry_++;
    reads_ += entry.read ? 1 : 0;
    return entries_.emplace_back(std::move(entry));
  }
  // The request of an entry goes to the log, for the first time.
  void sent(FlightEntry& entry, const FlightRequest& request, std::size_t bytes) {
    entry.commit_state = FlightEntry::CommitState::kAtLog;
    entry.request = &request;
    entry.bytes = bytes;
    bytes_ += bytes;
    ++at_log_;
  }
  void sent_again(FlightEntry& entry) {
    entry.commit_state = FlightEntry::CommitState::kAtLog;
    ++at_log_;
  }
  FlightEntry& answered(std::unique_ptr<FlightRequest> request,
                        FlightEntry::CommitState commit_state) {
    FlightEntry& entry = entries_[request->entry - entries_.front().number];
    --at_log_;
    entry.commit_state = commit_state;
    entry.answered = std::move(request);
    entry.request = entry.answered.get();
    return entry;
  }

  FlightEntry& front() { return entries_.front(); }
  FlightEntry& at(std::size_t n) { return entries_[n]; }
  const FlightEntry& at(std::size_t n) const { return entries_[n]; }
  FlightEntry take_front() {
    FlightEntry entry = std::move(entries_.front());
    entries_.pop_front();
    bytes_ -= entry.bytes;
    reads_ -= entry.read ? 1 : 0;
    return entry;
  }

 private:
  static std::uint64_t next_number() {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
  }

  const std::size_t max_entries_, max_bytes_;
  std::deque<FlightEntry> entries_;
  std::uint64_t next_entry_ = 1;
  std::uint64_t number_ = next_number();
  std::size_t bytes_ = 0;
  std::size_t reads_ = 0;
  std::size_t at_log_ = 0;
};

}  // namespace composable::host
