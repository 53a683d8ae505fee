// A store for tests of one domain, with a clock that stands still. Every effect and every change of
// state must be claimed: what is not fails the test, at the line that caused it.
//
//   TestStore<Orders> store;
//   store.given("order-1", OrderPlaced{…});
//   store.send(ShipOrder{"order-1", "T1"})
//       .appended("order-1", OrderShipped{"order-1", "T1"})
//       .state([](State& s) { s.orders["order-1"].status = Status::kShipped; });
//   store.advance(30min).received(CancelOrder{…}).rejected(InvalidOrderState{…});
//   store.reloads();
//
// `state` edits a copy of the state as it was into what it should be now. decide and evolve run
// twice on copies; whatever differs is reported as impure. The only header with GoogleTest in it;
// single-threaded.
#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "composable/plugin.hpp"
#include "composable/testing/diff.hpp"
#include "composable/testing/recorder.hpp"
#include "composable/testing/world.hpp"

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
    evolve(std::string(stream), domain::kNumber<D, E>, to_json(event));
    expected_ = instance_.state;
    return *this;
  }
  // The state as an older build has exported it, in place of what there is: claims nothing.
  TestStore& given_state(std::uint32_t schema, std::string_view bytes, Line at = Line::here()) {
    begin_step(at, "the given state of schema " + std::to_string(schema));
    import(schema, bytes, at);
    expected_ = instance_.state;
    return *this;
  }
  // Who sends from here on.
  TestStore& as(std::string actor) {
    world_.set_actor(std::move(actor));
    return *this;
  }
  template <class A>
  TestStore& send(const A& action, Line at = Line::here()) {
    static_assert(domain::kGoesToDecide<D, A>, "composable: a test sends commands");
    begin_step(at, named(action));
    run_decide(domain::kNumber<D, A>, to_json(action));
    return *this;
  }
  // What another domain publishes: its event, or anything with the same fields. It is decided as
  // the action that the domain has subscribed with.
  template <class E>
  TestStore& deliver(std::string_view topic, const E& event, Line at = Line::here()) {
    begin_step(at, named(event) + " on \"" + std::string(topic) + '"');
    const auto action = world_.subscribed(topic);
    if (!action) {
      return fail(at, "the domain does not subscribe to \"" + std::string(topic) + '"');
    }
    run_decide(*action, to_json(event), true);
    return *this;
  }
  // Moves the clock; the delays that become due arrive in order, to be `received`.
  TestStore& advance(Duration by, Line at = Line::here()) {
    begin_step(at, "advancing by " + std::to_string(by.count()) + " us");
    world_.advance(by.count());
    return *this;
  }
  // Runs the jobs that were started, sleeps included; what they send arrives in order.
  TestStore& run_jobs(Line at = Line::here()) {
    begin_step(at, "running the jobs");
    for (const std::string& failure : world_.run_jobs(abi(instance_))) fail(at, failure);
    return *this;
  }
  // Another build takes over, by the same source: the state is exported, a new one imports it, and
  // serves from here on. It must be what it was. Delays and jobs are the host's and stay.
  TestStore& reloads(Line at = Line::here()) {
    begin_step(at, "a reload");
    static_assert(glue::kKeepsState<D>, "composable: only a domain that keeps_state reloads");
    std::string bytes;
    composable_writer writer = append_to(bytes);
    composable_error error = no_error();
    if (Reload::kTable.export_state(abi(instance_), &writer, &error) < 0) {
      return fail(at, "the state cannot be exported: " + describe(error));
    }
    import(glue::kStateSchema<D>, bytes, at);
    const auto lines = diff(expected_, instance_.state);
    if (!lines.empty()) fail(at, "the state is another after a reload" + join(lines));
    expected_ = instance_.state;
    return *this;
  }
  // Claims the next action that arrived from a send, a delay, a job, a load or a topic of the
  // domain's own, and decides it.
  template <class A>
  TestStore& received(const A& action, Line at = Line::here()) {
    std::deque<Arrival>& arrived = world_.arrived();
    if (arrived.empty()) {
      return fail(at, "expected to receive " + named(action) + ", but nothing arrived");
    }
    const Arrival next = arrived.front();
    arrived.pop_front();
    compare(action, next.type, next.json, "received", at);
    close_effects();
    step_ = at;
    step_name_ = named(action);
    run_decide(next.type, next.json, next.delivered);
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
  TestStore& delayed(std::string_view key, Duration after, const A& action,
                     Line at = Line::here()) {
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
  template <class E>
  TestStore& published(std::string_view topic, const E& event, Line at = Line::here()) {
    const auto effect = claim(Verb::kPublish, "publish of " + named(event), at);
    if (!effect) return *this;
    if (effect->name != topic) {
      fail(at, "published on \"" + effect->name + "\", expected \"" + std::string(topic) + '"');
    }
    return compare(event, effect->type, effect->json, "published", at);
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
  Timestamp now() const { return {world_.now_us()}; }
  // The first unclaimed event, rejection or action of type A, for what only decide knows: ids.
  template <class A>
  std::optional<A> pending() const {
    for (const Recorded& effect : effects_) {
      const bool carries = effect.verb <= Verb::kPublish;
      A value{};
      if (carries && effect.type == domain::kNumber<D, A> && decode(effect.json, value, kStored)) {
        return value;
      }
    }
    return {};
  }

 private:
  using Instance = glue::Instance<D>;
  using Reload = glue::ReloadTable<D>;

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

  void import(std::uint32_t schema, std::string_view bytes, Line at) {
    static_assert(glue::kKeepsState<D>, "composable: only a domain that keeps_state imports one");
    Instance next{{}, instance_.config};
    const composable_bytes given{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    composable_error error = no_error();
    if (Reload::kTable.import_state(abi(next), schema, given, &error) < 0) {
      fail(at, "a state of schema " + std::to_string(schema) +
                   " cannot be imported: " + describe(error));
      return;
    }
    instance_ = std::move(next);
  }

  void begin_step(Line at, std::string name) {
    close_step();
    step_ = at;
    step_name_ = std::move(name);
  }
  // Everything that the last step led to must have been claimed by now.
  void close_step() {
    close_effects();
    for (const Arrival& left : world_.arrived()) {
      fail(step_, "after " + step_name_ + " an action arrived that the test did not receive: " +
                      action_name(table(), left.type) + left.json);
    }
    world_.arrived().clear();
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
      fail(at, "after " + step_name_ + " expected the effect " + what + ", but " + next);
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

  static composable_state* abi(Instance& instance) {
    return reinterpret_cast<composable_state*>(&instance);
  }

  // One decide on `on`; nothing when it failed.
  std::optional<std::vector<Recorded>> decide(Instance& on, const composable_action& action,
                                              const composable_context& context) {
    Recorder recorder(table());
    composable_error error = no_error();
    if (table().decide(abi(on), &action, &context, recorder.sink(), &error) < 0) {
      fail(step_, "decide of " + step_name_ + " failed: " + describe(error));
      return {};
    }
    return recorder.effects();
  }

  void run_decide(std::uint32_t type, const std::string& json, bool delivered = false) {
    const composable_action action{type, COMPOSABLE_FORM_JSON, json.data(), json.size()};
    const composable_context context = world_.decide_context(delivered);
    Instance copy = instance_;
    const auto effects = decide(copy, action, context);
    if (!effects) return;
    if (effects != decide(copy, action, context)) {
      fail(step_, "decide of " + step_name_ + " is impure: the same call gave other effects");
    }
    const auto moved = diff(instance_.state, copy.state);
    if (!moved.empty()) {
      fail(step_, "decide of " + step_name_ + " is impure: it changed the state" + join(moved));
    }
    for (const Recorded& effect : *effects) {
      effects_.push_back(effect);
      if (effect.verb == Verb::kAppend || effect.verb == Verb::kApply) {
        evolve(effect.name, effect.type, effect.json);
      } else {
        world_.take(effect);
      }
    }
  }

  void evolve(const std::string& stream, std::uint32_t type, const std::string& json) {
    const composable_action event{type, COMPOSABLE_FORM_JSON, json.data(), json.size()};
    const composable_context context = world_.evolve_context(stream);
    world_.log(stream, type, json);
    Instance copy = instance_;
    composable_error error = no_error();
    for (Instance* on : {&copy, &instance_}) {
      if (table().evolve(abi(*on), &event, &context, &error) >= 0) continue;
      fail(step_, "evolve of " + action_name(table(), type) + json + " failed: " + describe(error));
      return;
    }
    const auto lines = diff(copy.state, instance_.state);
    if (lines.empty()) return;
    fail(step_, "evolve of " + action_name(table(), type) + " is impure: the same call twice gave" +
                    join(lines));
  }

  Instance instance_{};
  State expected_{};              // what the test has claimed so far
  std::deque<Recorded> effects_;  // of the last step, unclaimed
  World world_{table()};
  Line step_;
  std::string step_name_ = "the start";
};

}  // namespace composable::testing
