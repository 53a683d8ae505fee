// A Recorder is an effect sink that records what a decide emits. Used by test_store.hpp, and by
// itself in tests of a domain's table; single-threaded.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "composable/abi/composable.h"

namespace composable::testing {

enum class Verb : std::uint8_t {
  kAppend,
  kApply,
  kAnnounce,
  kSend,
  kDelay,
  kPublish,
  kCancel,
  kJob,
  kLoad,
  kBegin,
  kEnd
};

struct Recorded {
  Verb verb;
  std::string name;  // append, load: the stream; delay, cancel, job: the key; publish: the topic
  std::uint32_t type = 0;  // the action's number; job: the job's; begin: the group
  std::string json;        // the payload; job: the input
  std::uint64_t us = 0;    // delay
  std::uint32_t expected = COMPOSABLE_EXPECT_SEEN;  // append
  std::uint64_t version = 0;                        // append: exact; load: from
  std::uint32_t max = 0;                            // load

  friend bool operator==(const Recorded&, const Recorded&) = default;
};

class Recorder {
 public:
  explicit Recorder(const composable_domain& domain);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  composable_effects* sink() { return &sink_; }
  const std::vector<Recorded>& effects() const { return effects_; }
  bool committed() const { return committed_; }

  // `append to "order-1": OrderPlaced{"order_id":"order-1"}`
  std::string describe(const Recorded& effect) const;

 private:
  composable_status record(Verb verb, composable_str name, const composable_action* action);
  std::string name_of(std::uint32_t type) const;

  const composable_domain& domain_;
  composable_effects sink_{};
  std::vector<Recorded> effects_;
  bool committed_ = false;
};

// The name of action number `type` in `domain`.
std::string action_name(const composable_domain& domain, std::uint32_t type);

// A payload in either form as JSON.
std::string payload_json(const composable_domain& domain, const composable_action& action);

}  // namespace composable::testing
