// The dependencies of one part of a store: a serial section that only the test is in, and an effect
// host that keeps what it is told.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "simulation.hpp"
#include "store/causes.hpp"
#include "store/effect_host.hpp"
#include "store/serial_section.hpp"

extern "C" const composable_domain* composable_plugin_entry_v1(const composable_host*,
                                                               composable_error*);

namespace composable::host {

// Nobody lives in the section; it keeps itself alive.
struct EmptySection final : SerialSection::Owner {
  std::vector<std::string> told;  // "left", "rested", "yielded"
  std::shared_ptr<void> alive = std::make_shared<int>(0);

  bool do_pending(SerialSection::Budget&) override { return true; }
  void before_rest() override {}
  void before_yield() override { told.push_back("yielded"); }
  std::shared_ptr<void> keep_alive() override { return alive; }
};

// Starts nothing, and lets settled causes go.
struct RecordingEffects final : Causes::Listener, EffectHost {
  std::vector<std::string> told;
  Causes causes{*this};

  void start_effect(StagedEffect& effect, Scope& scope) override {
    told.push_back("start " + effect.key);
    if (effect.kind == StagedEffect::Kind::kParallel ||
        effect.kind == StagedEffect::Kind::kSequential) {
      causes.start_group(effect, scope);
    } else if (effect.kind == StagedEffect::Kind::kJob) {
      ++scope.outstanding;  // somebody is at work until the test releases it
      working.push_back(&scope);
    }
  }
  void settled(Cause& cause) override {
    told.push_back("settled");
    causes.free(cause);
  }
  Cause& begin(EventMeta meta) override {
    Cause& cause = causes.make();
    cause.meta = std::move(meta);
    return cause;
  }
  void feed_back(std::uint32_t type, std::string data, Scope& scope) override {
    ++scope.outstanding;
    fed_back.push_back({type, std::move(data)});
    working.push_back(&scope);
  }
  void fail(Scope&, StagedEffect::Kind, std::string_view effect, std::string_view why) override {
    told.push_back("failed " + std::string(effect) + ": " + std::string(why));
  }
  void refuse(Scope&, const Refusal& refusal) override { told.push_back(refusal.message); }
  void release(Scope& scope) override { causes.release(scope); }
  // What was fed back, or works, is over.
  void finish_all() {
    std::vector<Scope*> over;
    over.swap(working);
    for (Scope* scope : over) causes.release(*scope);
  }

  struct Fed {
    std::uint32_t type;
    std::string data;
  };
  std::vector<Fed> fed_back;
  std::vector<Scope*> working;
};

class PartTest : public testing::Test {
 protected:
  using Texts = std::vector<std::string>;

  std::shared_ptr<DomainHandle> probe() {
    auto domain = DomainHandle::inspect(composable_plugin_entry_v1(nullptr, nullptr));
    EXPECT_TRUE(domain.ok()) << domain.status();
    EXPECT_TRUE(domain->create(nullptr, "{}").ok());
    return std::make_shared<DomainHandle>(*std::move(domain));
  }
  // A cause with one count, as one that is being decided has.
  Scope& scope() {
    Cause& cause = host_.causes.make();
    cause.root.outstanding = 1;
    return cause.root;
  }
  StagedEffect effect(StagedEffect::Kind kind, std::string key = {}, std::uint32_t number = 0) {
    StagedEffect effect;
    effect.kind = kind;
    effect.key = std::move(key);
    effect.number = number;
    return effect;
  }

  SimulatedClock clock_;
  SeededRng rng_;
  SimulatedLoop loop_{clock_};
  EmptySection resident_;
  SerialSection section_{resident_, loop_, clock_, 64, 200};
  RecordingEffects host_;
};

// Keeps how it ended.
struct KeptOutcome final : Waiter {
  int calls = 0;
  Outcome::Kind kind = Outcome::Kind::kSettled;
  Refusal refusal;

  void ended(const Outcome& outcome) noexcept override {
    ++calls;
    kind = outcome.kind;
    if (outcome.refusal != nullptr) refusal = *outcome.refusal;
  }
};

}  // namespace composable::host
