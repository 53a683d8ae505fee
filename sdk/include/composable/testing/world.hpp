// A World is the surroundings of a domain in a test: a clock that the test moves, the log, pending
// delays and jobs, and the actions on their way back to decide. Used by test_store.hpp;
// single-threaded.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "composable/testing/recorder.hpp"

namespace composable::testing {

// An action on its way to decide, from a send, a delay, a job, a load or a topic.
struct Arrival {
  std::uint32_t type;
  std::string json;
  bool delivered = false;  // on a topic: its JSON may be another domain's
};

class World {
 public:
  explicit World(const composable_domain& domain) : domain_(domain) {}

  // The world of the next call: decide sees fresh random numbers, evolve none.
  composable_context decide_context(bool delivered);
  composable_context evolve_context(const std::string& stream);

  // Keeps an event of a durable domain that evolve is about to see.
  void log(const std::string& stream, std::uint32_t type, const std::string& json);
  // Starts, arranges or delivers what the effects of one decide ask for; appends and applies are
  // the caller's. A step of a sequential group starts when nothing of the step before is left: no
  // action on its way, no job, no delay.
  void take(const std::vector<Recorded>& effects);

  // The host ends, and starts again: jobs, what is on its way, and delays that are not stored are
  // gone. `evolve` is called with the context and the encoded form of every event, in order.
  void restart(
      const std::function<void(const composable_context&, const composable_action&)>& evolve);

  // What the domain makes of what arrives on `topic`, when it listens to it.
  std::optional<std::uint32_t> subscribed(std::string_view topic) const;

  // Moves the clock; what becomes due arrives in order of its time.
  void advance(std::int64_t us);
  // Runs every job that was started. An error per job that failed.
  std::vector<std::string> run_jobs(const composable_state* state);

  std::int64_t now_us() const { return now_us_; }
  void set_actor(std::string actor) { actor_ = std::move(actor); }
  std::deque<Arrival>& arrived() { return arrived_; }

 private:
  struct Timer {
    std::int64_t due_us;
    std::string key;
    Arrival action;
    bool stored;   // in the log, in the commit of the events beside it
    bool grouped;  // part of a step
  };
  struct Job {
    Recorded effect;
    bool grouped;
  };
  // The steps of a sequential group that have not started. Each is an effect, or a whole group.
  using Steps = std::deque<std::vector<Recorded>>;
  struct Stored {
    std::uint32_t type;
    std::uint64_t version;
    std::uint64_t position;
    std::int64_t recorded_at_us;
    std::string actor;
    std::string json;
  };

  void start(std::span<const Recorded> effects, bool stored, bool grouped);
  void start_one(const Recorded& effect, bool stored, bool grouped);
  void start_next_steps();
  bool settled() const;
  void cancel(const std::string& key);
  std::string loaded(const Recorded& load) const;

  const composable_domain& domain_;
  std::int64_t now_us_ = 1'767'225'600'000'000;  // 2026-01-01T00:00:00Z
  std::string actor_;
  std::uint64_t decides_ = 0;
  std::uint64_t position_ = 0;
  std::map<std::string, std::vector<Stored>> streams_;
  std::vector<Timer> timers_;
  std::deque<Job> jobs_;
  std::deque<Steps> later_;
  std::deque<Arrival> arrived_;
};

}  // namespace composable::testing
