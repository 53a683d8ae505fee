// Which streams have an append in flight, and who waits for them.
//
// A command whose decide named a busy stream is parked with a first-in-first-out ticket on each of
// its streams, and is decided again when it is first on all of them and all are free. So two
// commands on one stream are decided one after the other, each on what the one before left.
// [serial]
#pragma once
#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "store/cause.hpp"

namespace composable::host {

// A command at rest: its payload as wire JSON.
struct ParkedCommand {
  std::uint32_t type = 0;
  std::string data;
  Scope* scope = nullptr;
  bool produced = false;       // by an effect: observers are told of it
  std::uint32_t attempts = 0;  // conflicts met so far
  std::vector<std::string> streams;
  bool ready = false;  // it is in the caller's list of those to be decided again
  std::list<ParkedCommand>::iterator self;
};

class Parking {
 public:
  // Whether an append to all of `streams` may go now. `ticket` is the parked command that asks, or
  // null: it may pass where it is first.
  bool free(const std::vector<StreamAppend>& streams, const ParkedCommand* ticket) const {
    for (const StreamAppend& s : streams) {
      const auto gate = gates_.find(s.stream);
      if (gate == gates_.end()) continue;
      if (gate->second.in_flight) return false;
      if (!gate->second.waiting.empty() && gate->second.waiting.front() != ticket) return false;
    }
    return true;
  }

  void take(const std::vector<StreamAppend>& streams) {
    for (const StreamAppend& s : streams) gates_[s.stream].in_flight = true;
  }

  void park(ParkedCommand command) {
    commands_.push_front(std::move(command));
    ParkedCommand& parked = commands_.front();
    parked.self = commands_.begin();
    parked.ready = false;
    for (const std::string& stream : parked.streams) gates_[stream].waiting.push_back(&parked);
  }

  // The append to `streams` has ended. Commands that may now be decided again are added to `ready`;
  // they keep their places until leave().
  void release(const std::vector<StreamAppend>& streams, std::deque<ParkedCommand*>& ready) {
    for (const StreamAppend& s : streams) gates_[s.stream].in_flight = false;
    for (const StreamAppend& s : streams) wake(s.stream, ready);
  }

  // Gives up the places of a command that was ready and returns it; wake its streams afterwards.
  ParkedCommand leave(ParkedCommand* command) {
    for (const std::string& stream : command->streams) gates_[stream].waiting.pop_front();
    ParkedCommand taken = std::move(*command);
    commands_.erase(taken.self);
    return taken;
  }

  void wake(const std::string& stream, std::deque<ParkedCommand*>& ready) {
    const auto gate = gates_.find(stream);
    if (gate == gates_.end() || gate->second.in_flight) return;
    if (gate->second.waiting.empty()) {
      gates_.erase(gate);
      return;
    }
    ParkedCommand* first = gate->second.waiting.front();
    if (first->ready) return;
    for (const std::string& s : first->streams) {
      const Gate& other = gates_.find(s)->second;
      if (other.in_flight || other.waiting.front() != first) return;
    }
    first->ready = true;
    ready.push_back(first);
  }

  // Everybody who waits, for a halt or a shutdown.
  std::list<ParkedCommand> clear() {
    for (auto& [stream, gate] : gates_) gate.waiting.clear();
    absl::erase_if(gates_, [](const auto& entry) { return !entry.second.in_flight; });
    return std::exchange(commands_, {});
  }

  std::size_t parked() const { return commands_.size(); }

 private:
  struct Gate {
    bool in_flight = false;
    std::deque<ParkedCommand*> waiting;
  };

  absl::flat_hash_map<std::string, Gate> gates_;  // only streams that are busy or waited for
  std::list<ParkedCommand> commands_;
};

}  // namespace composable::host
