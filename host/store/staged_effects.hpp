// StagedEffects collects what one decide emits, before any of it happens: the host's side of the
// effect sink.
//
// It checks everything, so that nothing is refused once decide has succeeded. Each store has one,
// reused for every decide. [serial]
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "composable/abi/effects.h"
#include "domain/domain_handle.hpp"
#include "events/event_store.hpp"

namespace composable::host {

// An effect that starts after the commit.
struct StagedEffect {
  enum class Kind : std::uint8_t {
    kSend,
    kDelay,
    kCancel,
    kJob,
    kLoad,
    kPublish,
    kParallel,
    kSequential
  };
  static constexpr std::size_t kKinds = 8;

  Kind kind = Kind::kSend;
  std::uint32_t number = 0;  // action type, job number, or action type that a load becomes
  std::uint32_t max = 0;     // load: events
  std::uint64_t amount = 0;  // delay: microseconds; load: first version
  bool stored = false;       // delay, cancel: its row was written, or removed, by its commit
  std::int64_t due_us = 0;   // delay: Unix time, set when its effect is taken up
  std::string key;           // delay, cancel, job; load: the stream; publish: the topic
  std::string data;          // payload as wire JSON; job: input
  std::vector<StagedEffect> children;
};

// As metrics and reports call it: `delay`.
std::string_view name_of(StagedEffect::Kind kind);

// An event applied or an action announced.
struct StagedFact {
  bool evolves = false;  // apply, not announce
  composable_action action{};
  std::string owned;  // the payload, when it is in JSON form

  composable_action view() const {
    if (action.form == COMPOSABLE_FORM_NATIVE) return action;
    return {action.type, COMPOSABLE_FORM_JSON, owned.data(), owned.size()};
  }
};

class StagedEffects {
 public:
  static constexpr std::size_t kMaxEffects = 4096;     // of one decide
  static constexpr std::size_t kMaxBytes = 16u << 20;  // of their payloads
  static constexpr std::size_t kMaxDepth = 16;         // of groups

  // A Committer is called inside the plugin's commit(), while native payloads are still alive.
  class Committer {
   public:
    virtual ~Committer() = default;
    virtual void commit() = 0;
  };

  explicit StagedEffects(Committer& committer);
  StagedEffects(const StagedEffects&) = delete;
  StagedEffects& operator=(const StagedEffects&) = delete;

  // Empties the stage for the next decide of `domain`.
  void reset(const DomainHandle& domain);
  composable_effects& sink() { return sink_; }

  // What was wrong with what decide said; COMPOSABLE_OK when nothing was. The first fault counts.
  composable_status status() const { return status_; }
  const std::string& fault() const { return fault_; }
  bool committed() const { return committed_; }
  // After decide returned: whether all of it may happen. A missing commit of native payloads and an
  // open group are faults.
  bool complete();

  // Turns native facts into JSON, because they must outlive the decide. False: fault() says why.
  bool encode_facts();

  std::vector<StreamAppend>& appends() { return appends_; }
  const std::vector<StreamAppend>& appends() const { return appends_; }
  std::vector<StagedEffect>& after() { return after_; }
  const std::vector<StagedEffect>& after() const { return after_; }
  std::size_t facts() const { return n_facts_; }
  const StagedFact& fact(std::size_t n) const { return facts_[n]; }

 private:
  struct Functions;

  composable_status refuse(composable_status status, std::string text);
  bool takes(std::size_t bytes);
  // Checks what a plugin handed over; `taken` has the host's number of its type.
  bool take_action(const composable_action* action, const char* verb, composable_action& taken);
  composable_status stage_append(const composable_append& append);
  composable_status stage_fact(const composable_action& action, bool evolves);
  composable_status stage_later(StagedEffect effect);
  composable_status stage_feedback(const composable_action& action, const char* verb,
                                   StagedEffect& effect);
  composable_status stage_payload(const composable_action& action, const char* verb,
                                  StagedEffect& effect);

  Committer& committer_;
  const DomainHandle* domain_ = nullptr;
  composable_effects sink_{};
  composable_status status_ = COMPOSABLE_OK;
  std::string fault_;
  bool committed_ = false;
  bool native_facts_ = false;
  std::size_t effects_ = 0;
  std::size_t bytes_ = 0;
  std::vector<StreamAppend> appends_;
  std::vector<StagedFact> facts_;  // reused; n_facts_ of them count
  std::size_t n_facts_ = 0;
  std::vector<StagedEffect> after_;
  std::vector<StagedEffect> open_;  // groups that were begun and not ended
};

}  // namespace composable::host
