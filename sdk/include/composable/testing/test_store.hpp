// A store for tests of one domain, with a clock that stands still. Every effect and every change of
// state must be claimed: what is not fails the test, at the line that caused it.
//
//   TestStore<Orders> store;
//   store.given("order-1", OrderPlaced{…});
//   store.send(ShipOrder{"order-1", "T1"})
//       .appended("order-1", OrderShipped{"order-1", "T1"})
//       .state([](State& s) { s.orders["order-1"].status = Status::kShipped; });
//   store.advance(30min).received(CancelOrder{…}).rejected(InvalidOrderState{…});
//
// `state` edits a copy of the state as it was into what it should be now. decide and evolve run
// twice on copies; whatever differs is reported as impure. The only header with GoogleTest in it;
// single-threaded.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "composable/plugin.hpp"
#include "composable/testing/diff.hpp"
#include "composable/testing/recorder.hpp"

namespace composable::testing {

// Where in the test a call stands.
struct Line {
  const char* file;
  int number;

  // As a default argument: the place of the call. clang 14 has no std::source_location.
  static constexpr Line here(const char* file = __builtin_FILE(), int number = __builtin_LINE()) {
    return {file, number};
  }
};

template <class D>
class TestStore {
 public:
  using State = typename D::State;
  using Duration = std::chrono::duration<std::int64_t, std::micro>;

  // `config` is the domain's section of the configuration.
  explicit TestStore(std::string_view config = "{}", Line at = Line::here()) : step_(at) {
    composable_error error = no_error();
    if (!decode(type_of<domain::Config<D>>(), &instance_.config, config, kConfig, &error)) {
      fail(at, "the configuration cannot be read: " + describe(error));
    }
  }
  TestStore(const TestStore&) = delete;
  TestStore& operator=(const TestStore&) = delete;
  ~TestStore() { close_step(); }

  // --- what happens ---------------------------------------------------------------------------

  // An event of the past: moves the state, claims nothing. An ephemeral domain has no stream.
  template <class E>
  TestStore& given(std::string_view stream, const E& event, Line at = Line::here()) {
    begin_step(at, "the given " + named(event));
    log_and_evolve(std::string(stream), domain::kNumber<D, E>, to_json(event));
    expected_ = instance_.state;
    return *this;
  }
  // Who sends from here on.
  TestStore& as(std::string actor) {
    actor_ = std::move(actor);
    return *this;
  }
  template <class A>
  TestStore& send(const A& action, Line at = Line::here()) {
    static_assert(domain::kGoesToDecide<D, A>, "composable: a test sends commands");
    begin_step(at, named(action));
    run_decide(domain::kNumber<D, A>, to_json(action));
    return *this;
  }
  // Moves the clock; the delays that become due arrive in order, to be `received`.
  TestStore& advance(Duration by, Line at = Line::here()) {
    begin_step(at, "advancing by " + std::to_string(by.count()) + " us");
    now_us_ += by.count();
    std::stable_sort(timers_.begin(), timers_.end(),
                     [](const Timer& a, const Timer& b) { return a.due_us < b.due_us; });
    for (; !timers_.empty() && timers_.front().due_us <= now_us_; timers_.erase(timers_.begin())) {
      arrived_.push_back({timers_.front().type, timers_.front().json});
    }
    return *this;
  }
  // Runs the jobs that were started, sleeps included; what they send arrives in order.
  TestStore& run_jobs(Line at = Line::here()) {
    begin_step(at, "running the jobs");
    for (; !jobs_.empty(); jobs_.pop_front()) run_job(jobs_.front());
    return *this;
  }
  // Claims the next action that arrived from a send, a delay, a job or a load, and decides it.
  template <class A>
  TestStore& received(const A& action, Line at = Line::here()) {
    if (arrived_.empty())
      return fail(at, "expected to receive " + named(action) + ", but nothing arrived");
    const Arrived next = arrived_.front();
    arrived_.pop_front();
    compare(action, next.type, next.json, "received", at);
    close_effects();
    step_ = at;
    step_name_ = named(action);
    run_decide(next.type, next.json);
    return *this;
  }

  // --- what came of it ------------------------------------------------------------------------

  template <class E>
  TestStore& appended(std::string_view stream, const E& event, Line at = Line::here()) {
    const auto effect = claim(Verb::kAppend, "append of " + named(event), at);
    if (!effect) return *this;
    if (effect->name != stream) {
      fail(at,
           "appended to stream \"" + effect->name + "\", expected \"" + std::string(stream) + '"');
    }
    return compare(event, effect->type, effect->json, "appended", at);
  }
  template <class E>
  TestStore& applied(const E& event, Line at = Line::here()) {
    return claim_action(Verb::kApply, event, "apply", at);
  }
  template <class E>
  TestStore& announced(const E& event, Line at = Line::here()) {
    return claim_action(Verb::kAnnounce, event, "announce", at);
  }
  template <class R>
  TestStore& rejected(const R& rejection, Line at = Line::here()) {
    static_assert(domain::kDeclared<R, RejectionKind>, "composable: rejected takes a rejection");
    return claim_action(Verb::kAnnounce, rejection, "reject", at);
  }
  template <class A>
  TestStore& delayed(std::string_view key, Duration after, const A& action, Line at = Line::here()) {
    const auto effect = claim(Verb::kDelay, "delay of " + named(action), at);
    if (!effect) return *this;
    if (effect->name != key)
      fail(at, "delayed as \"" + effect->name + "\", expected \"" + std::string(key) + '"');
    if (effect->us != static_cast<std::uint64_t>(after.count())) {
      fail(at, "delayed by " + std::to_string(effect->us) + " us, expected " +
                   std::to_string(after.count()));
    }
    return compare(action, effect->type, effect->json, "delayed", at);
  }
  TestStore& cancelled(std::string_view key, Line at = Line::here()) {
    const auto effect = claim(Verb::kCancel, "cancel of \"" + std::string(key) + '"', at);
    if (effect && effect->name != key) {
      fail(at, "cancelled \"" + effect->name + "\", expected \"" + std::string(key) + '"');
    }
    return *this;
  }
  template <class J>
  TestStore& started(const J& input, std::string_view key = {}, Line at = Line::here()) {
    const auto effect = claim(Verb::kJob, "job " + named(input), at);
    if (!effect) return *this;
    if (effect->name != key)
      fail(at, "started as \"" + effect->name + "\", expected \"" + std::string(key) + '"');
    if (effect->type != domain::kIndexIn<J, typename domain::JobsOf<D>::type>) {
      return fail(at, "started another job than " + named(input) + ": " + effect->json);
    }
    return compare_payload(input, effect->json, "started", at);
  }
  TestStore& loaded(std::string_view stream, Line at = Line::here()) {
    const auto effect = claim(Verb::kLoad, "load of \"" + std::string(stream) + '"', at);
    if (effect && effect->name != stream) {
      fail(at, "loaded \"" + effect->name + "\", expected \"" + std::string(stream) + '"');
    }
    return *this;
  }

  // Claims the change of state: `edit` makes what it should be of what it was.
  template <class Edit>
  TestStore& state(Edit edit, Line at = Line::here()) {
    edit(expected_);
    const auto lines = diff(expected_, instance_.state);
    if (!lines.empty()) fail(at, "state after " + step_name_ + join(lines));
    expected_ = instance_.state;
    return *this;
  }

  // --- looking ----------------------------------------------------------------------------------

  const State& state() const { return instance_.state; }
  Timestamp now() const { return {now_us_}; }
  // The first unclaimed event, rejection or action of type A, for what only decide knows: ids.
  template <class A>
  std::optional<A> pending() const {
    for (const Recorded& effect : effects_) {
      const bool carries = effect.verb <= Verb::kDelay;
      A value{};
      if (carries && effect.type == domain::kNumber<D, A> && decode(effect.json, value, kStored)) {
        return value;
      }
    }
    return {};
  }

 private:
  struct Timer {
    std::int64_t due_us;
    std::string key;
    std::uint32_t type;
    std::string json;
  };
  struct Arrived {
    std::uint32_t type;
    std::string json;
  };
  struct Stored {
    std::uint32_t type;
    std::uint64_t version;
    std::uint64_t position;
    std::int64_t recorded_at_us;
    std::string json;
  };

  static const composable_domain& table() { return domain_table<D>(); }

  template <class A>
  static std::string named(const A& action) {
    return std::string(reflect::type_name<A>()) + to_json(action);
  }
  static std::string join(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += "\n  " + line;
    return text;
  }
  TestStore& fail(Line at, const std::string& what) {
    ADD_FAILURE_AT(at.file, at.number) << what;
    return *this;
  }

  void begin_step(Line at, std::string name) {
    close_step();
    step_ = at;
    step_name_ = std::move(name);
  }
  // Everything that the last step led to must have been claimed by now.
  void close_step() {
    close_effects();
    for (const Arrived& left : arrived_) {
      fail(step_, "after " + step_name_ + " an action arrived that the test did not receive: " +
                      action_name(table(), left.type) + left.json);
    }
    arrived_.clear();
  }
  void close_effects() {
    for (const Recorded& left : effects_) {
      if (left.verb == Verb::kBegin || left.verb == Verb::kEnd || left.verb == Verb::kSend)
        continue;
      fail(step_, "after " + step_name_ + " there is an effect that the test did not expect: " +
                      Recorder(table()).describe(left));
    }
    effects_.clear();
    const auto lines = diff(expected_, instance_.state);
    if (!lines.empty()) {
      fail(step_, "after " + step_name_ +
                      " the state changed in a way that the test did not expect" + join(lines));
      expected_ = instance_.state;
    }
  }

  // Takes the next effect, which must be of this verb. Sends need no claim: they are `received`.
  std::optional<Recorded> claim(Verb verb, const std::string& what, Line at) {
    const auto skipped = [](const Recorded& e) {
      return e.verb == Verb::kBegin || e.verb == Verb::kEnd || e.verb == Verb::kSend;
    };
    while (!effects_.empty() && skipped(effects_.front())) effects_.pop_front();
    if (effects_.empty() || effects_.front().verb != verb) {
      const std::string next = effects_.empty()
                                   ? "there is none"
                                   : "the next is " + Recorder(table()).describe(effects_.front());
      fail(at, "after " + step_name_ + " expected an " + what + ", but " + next);
      return {};
    }
    Recorded effect = effects_.front();
    effects_.pop_front();
    return effect;
  }
  template <class A>
  TestStore& claim_action(Verb verb, const A& action, const char* what, Line at) {
    const auto effect = claim(verb, std::string(what) + " of " + named(action), at);
    return effect ? compare(action, effect->type, effect->json, what, at) : *this;
  }
  template <class A>
  TestStore& compare(const A& expected, std::uint32_t type, const std::string& json,
                     const char* what, Line at) {
    if (type != domain::kNumber<D, A>) {
      return fail(at, std::string(what) + ": expected " + named(expected) + ", got " +
                          action_name(table(), type) + json);
    }
    return compare_payload(expected, json, what, at);
  }
  template <class A>
  TestStore& compare_payload(const A& expected, const std::string& json, const char* what,
                             Line at) {
    A actual{};
    composable_error error = no_error();
    if (!decode(json, actual, kStored, &error)) {
      return fail(at, std::string(what) + ": its JSON does not read back: " + describe(error));
    }
    const auto lines = diff(expected, actual);
    if (!lines.empty()) {
      fail(at, std::string(what) + ' ' + std::string(reflect::type_name<A>()) + join(lines));
    }
    return *this;
  }

  composable_context context() const {
    composable_context context{};
    context.struct_size = sizeof(context);
    context.recorded_at_us = now_us_;
    context.actor = abi_str(actor_);
    context.random[0] = 0x5bd1e995 * decides_;
    context.random[1] = decides_;
    context.position = position_;
    return context;
  }

  std::vector<Recorded> record(glue::Instance<D>& on, const composable_action& action,
                               bool& decided) {
    Recorder recorder(table());
    composable_error error = no_error();
    const composable_context seen = context();
    const composable_status status = table().decide(reinterpret_cast<composable_state*>(&on),
                                                    &action, &seen, recorder.sink(), &error);
    decided = status >= 0;
    if (!decided) fail(step_, "decide of " + step_name_ + " failed: " + describe(error));
    return recorder.effects();
  }

  void run_decide(std::uint32_t type, const std::string& json) {
    const composable_action action{type, COMPOSABLE_FORM_JSON, json.data(), json.size()};
    ++decides_;
    bool decided = false;
    glue::Instance<D> copy = instance_;
    const std::vector<Recorded> first = record(copy, action, decided);
    if (!decided) return;
    const std::vector<Recorded> second = record(instance_, action, decided);
    if (first != second) {
      fail(step_, "decide of " + step_name_ + " is impure: the same call gave other effects");
    }
    if (!diff(copy.state, expected_).empty() && diff(instance_.state, expected_).empty()) {
      fail(step_, "decide of " + step_name_ + " is impure: it changed the state");
    }
    for (const Recorded& effect : second) take(effect);
  }

  void take(const Recorded& effect) {
    effects_.push_back(effect);
    switch (effect.verb) {
      case Verb::kAppend:
      case Verb::kApply:
        return log_and_evolve(effect.name, effect.type, effect.json);
      case Verb::kSend:
        arrived_.push_back({effect.type, effect.json});
        return;
      case Verb::kDelay:
        if (!effect.name.empty()) erase_timer(effect.name);
        timers_.push_back({now_us_ + static_cast<std::int64_t>(effect.us), effect.name, effect.type,
                           effect.json});
        return;
      case Verb::kCancel:
        erase_timer(effect.name);
        std::erase_if(jobs_, [&](const Recorded& job) { return job.name == effect.name; });
        return;
      case Verb::kJob:
        jobs_.push_back(effect);
        return;
      case Verb::kLoad:
        arrived_.push_back({effect.type, loaded_json(effect)});
        return;
      default:
        return;
    }
  }

  void log_and_evolve(const std::string& stream, std::uint32_t type, const std::string& json) {
    std::vector<Stored>& events = log_[stream];
    composable_context seen = context();
    seen.random[0] = seen.random[1] = 0;
    seen.stream = abi_str(stream);
    if (D::kStorage == durable) {
      seen.version = events.size() + 1;
      seen.position = ++position_;
      events.push_back({type, seen.version, seen.position, now_us_, json});
    }
    const composable_action event{type, COMPOSABLE_FORM_JSON, json.data(), json.size()};
    glue::Instance<D> copy = instance_;
    composable_error error = no_error();
    for (glue::Instance<D>* on : {&copy, &instance_}) {
      if (table().evolve(reinterpret_cast<composable_state*>(on), &event, &seen, &error) < 0) {
        fail(step_,
             "evolve of " + action_name(table(), type) + json + " failed: " + describe(error));
        return;
      }
    }
    const auto lines = diff(copy.state, instance_.state);
    if (!lines.empty()) {
      fail(step_, "evolve of " + action_name(table(), type) +
                      " is impure: the same call twice gave" + join(lines));
    }
  }

  void erase_timer(const std::string& key) {
    std::erase_if(timers_, [&](const Timer& timer) { return timer.key == key; });
  }

  std::string loaded_json(const Recorded& load) const {
    std::string events;
    bool more = false;
    std::uint32_t count = 0;
    const auto found = log_.find(load.name);
    const std::vector<Stored> none;
    for (const Stored& event : found == log_.end() ? none : found->second) {
      if (event.version < load.version) continue;
      if (count++ == load.max) {
        more = true;
        break;
      }
      if (!events.empty()) events += ',';
      events += to_json(LoadedEvent{action_name(table(), event.type), event.version, event.position,
                                    Timestamp{event.recorded_at_us}, Json{event.json}});
    }
    return "{\"stream\":" + to_json(load.name) + ",\"events\":[" + events +
           "],\"more\":" + (more ? "true}" : "false}");
  }

  // A job's host: sleeping moves the clock, results arrive.
  struct JobHost {
    composable_job_context abi{};
    TestStore* store = nullptr;
    explicit JobHost(TestStore& owner) : store(&owner) {
      abi.struct_size = sizeof(abi);
      abi.impl = this;
      abi.send = [](composable_job_context* c, const composable_action* a) {
        static_cast<JobHost*>(c->impl)->store->arrived_.push_back(
            {a->type, payload_json(table(), *a)});
        return COMPOSABLE_OK;
      };
      abi.cancelled = [](composable_job_context*) { return std::int32_t{0}; };
      abi.wake_after = [](composable_job_context* c, std::uint64_t us) {
        static_cast<JobHost*>(c->impl)->store->now_us_ += static_cast<std::int64_t>(us);
      };
    }
  };

  void run_job(const Recorded& job) {
    const auto* jobs = static_cast<const composable_jobs_v1*>(
        table().query_extension(abi_str(COMPOSABLE_JOBS_EXTENSION)));
    JobHost host(*this);
    composable_job_frame* frame = nullptr;
    composable_error error = no_error();
    const composable_bytes input{reinterpret_cast<const std::uint8_t*>(job.json.data()),
                                 job.json.size()};
    composable_status status = jobs->run(reinterpret_cast<composable_state*>(&instance_), job.type,
                                         input, &host.abi, &frame, &error);
    while (status == COMPOSABLE_PENDING) status = jobs->resume(frame, &host.abi, &error);
    if (status < 0) fail(step_, "job " + job.json + " failed: " + describe(error));
  }

  glue::Instance<D> instance_{};
  State expected_{};
  std::deque<Recorded> effects_;  // of the last step, unclaimed
  std::deque<Arrived> arrived_;
  std::deque<Recorded> jobs_;
  std::vector<Timer> timers_;
  std::map<std::string, std::vector<Stored>> log_;
  std::uint64_t position_ = 0;
  std::uint64_t decides_ = 0;
  std::int64_t now_us_ = 1'767'225'600'000'000;  // 2026-01-01T00:00:00Z
  std::string actor_;
  Line step_;
  std::string step_name_ = "the start";
};

}  // namespace composable::testing
