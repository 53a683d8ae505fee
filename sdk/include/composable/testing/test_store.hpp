// A TestStore runs one domain in a test, with a clock that the test moves. The test must claim
// every effect and every change of state; an unclaimed one fails the test, at the line that caused
// it.
//
//   TestStore<Orders> store;
//   store.given("order-1", OrderPlaced{…});
//   store.send(ShipOrder{"order-1", "T1"})
//       .appended("order-1", OrderShipped{"order-1", "T1"})
//       .state([](State& s) { s.orders["order-1"].status = Status::kShipped; });
//   store.advance(30min).received(CancelOrder{…}).rejected(InvalidOrderState{…});
//   store.reloads();  // another build takes over
//   store.restart();  // the host ends and starts again
//
// `state` edits a copy of the state as it was into what it should be now. decide and evolve run
// twice on copies; whatever differs is reported as impure. The only header with GoogleTest in it;
// single-threaded.
//
// A step is one of `send`, `deliver`, `received`, `advance`, `run_jobs`, `reloads` and `restart`.
// Its effects are claimed in the order in which decide returned them; `send` and the brackets of
// groups need no claim, since what they lead to is `received`. A step ends where the next one
// begins, or with the store; what is not claimed by then fails the test, at the step's line. Every
// call returns the store, and takes the line it stands in by itself.
//
// It does not check expectations of stream versions, has no routes, no sockets and no other
// domains, and runs nothing concurrently.
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

#include "composable/testing/domain_run.hpp"

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
  explicit TestStore(std::string_view config = "{}", Line at = Line::here())
      : run_(config), step_(at) {
    report(at);
    expected_ = run_.state();
  }
  TestStore(const TestStore&) = delete;
  TestStore& operator=(const TestStore&) = delete;
  ~TestStore() { close_step(); }

  // --- steps ---------------------------------------------------------------------------

  // Evolves an event of the past; nothing is to be claimed. An ephemeral domain has no stream.
  template <class E>
  TestStore& given(std::string_view stream, const E& event, Line at = Line::here()) {
    begin_step(at, "the given " + named(event));
    run_.evolve(std::string(stream), domain::kNumber<D, E>, to_json(event));
    report(at);
    expected_ = run_.state();
    return *this;
  }
  // Imports a state as an older build has exported it; nothing is to be claimed.
  TestStore& given_state(std::uint32_t schema, std::string_view bytes, Line at = Line::here()) {
    begin_step(at, "the given state of schema " + std::to_string(schema));
    run_.import(schema, bytes);
    report(at);
    expected_ = run_.state();
    return *this;
  }
  // Sets the actor of the steps from here on.
  TestStore& as(std::string actor) {
    run_.world().set_actor(std::move(actor));
    return *this;
  }
  // Decides a command or internal action now.
  template <class A>
  TestStore& send(const A& action, Line at = Line::here()) {
    static_assert(domain::kGoesToDecide<D, A>, "composable: a test sends commands");
    begin_step(at, named(action));
    run_decide(domain::kNumber<D, A>, to_json(action));
    return *this;
  }
  // Delivers what another domain publishes: its event, or a struct with the same fields. It is
  // decided as the action that the domain has subscribed with.
  template <class E>
  TestStore& deliver(std::string_view topic, const E& event, Line at = Line::here()) {
    begin_step(at, named(event) + " on \"" + std::string(topic) + '"');
    const auto action = run_.world().subscribed(topic);
    if (!action) {
      return fail(at, "the domain does not subscribe to \"" + std::string(topic) + '"');
    }
    run_decide(*action, to_json(event), true);
    return *this;
  }
  // Moves the clock; the delays that become due arrive in order, to be `received`.
  TestStore& advance(Duration by, Line at = Line::here()) {
    begin_step(at, "advancing by " + std::to_string(by.count()) + " us");
    run_.world().advance(by.count());
    return *this;
  }
  // Runs the jobs that were started, sleeps included; what they send arrives in order.
  TestStore& run_jobs(Line at = Line::here()) {
    begin_step(at, "running the jobs");
    run_.run_jobs();
    report(at);
    return *this;
  }
  // Reloads the domain: the state is exported, and a new instance imports it and is used from here
  // on. The state must be the same. Delays and jobs belong to the host and stay.
  TestStore& reloads(Line at = Line::here()) {
    begin_step(at, "a reload");
    static_assert(glue::kKeepsState<D>, "composable: only a domain that keeps_state reloads");
    if (run_.reload()) must_be_the_same("a reload", at);
    report(at);
    return *this;
  }
  // Ends and restarts the host. What is durable stays: the state is evolved anew from the given and
  // appended events, in their stored form, and must be the same; and the delays that decide
  // returned together with an append, outside groups. Everything else is lost: jobs, other delays,
  // actions on their way, and the state of an ephemeral domain, which is empty again. The clock
  // keeps its time.
  TestStore& restart(Line at = Line::here()) {
    begin_step(at, "a restart");
    run_.restart();
    if (D::kStorage == durable) must_be_the_same("a restart", at);
    report(at);
    expected_ = run_.state();
    return *this;
  }
  // Claims the next action that arrived from a send, a delay, a job, a load or a topic of the
  // domain's own, and decides it.
  template <class A>
  TestStore& received(const A& action, Line at = Line::here()) {
    std::deque<Arrival>& arrived = run_.world().arrived();
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

  // --- effects ------------------------------------------------------------------------

  // Each claims the next effect, which must be that verb with that payload, compared field by
  // field.
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
  // An event of an ephemeral domain.
  template <class E>
  TestStore& applied(const E& event, Line at = Line::here()) {
    return claim_action(Verb::kApply, event, "apply", at);
  }
  template <class E>
  TestStore& announced(const E& event, Line at = Line::here()) {
    return claim_action(Verb::kAnnounce, event, "announce", at);
  }
  // The rejection that ends the caller's wait.
  template <class R>
  TestStore& rejected(const R& rejection, Line at = Line::here()) {
    static_assert(domain::kDeclared<R, RejectionKind>, "composable: rejected takes a rejection");
    return claim_action(Verb::kAnnounce, rejection, "reject", at);
  }
  // `after` must be exactly what decide returned.
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
  // A message on a topic.
  template <class E>
  TestStore& published(std::string_view topic, const E& event, Line at = Line::here()) {
    const auto effect = claim(Verb::kPublish, "publish of " + named(event), at);
    if (!effect) return *this;
    if (effect->name != topic) {
      fail(at, "published on \"" + effect->name + "\", expected \"" + std::string(topic) + '"');
    }
    return compare(event, effect->type, effect->json, "published", at);
  }
  // The cancel of a delay or of jobs.
  TestStore& cancelled(std::string_view key, Line at = Line::here()) {
    const auto effect = claim(Verb::kCancel, "cancel of \"" + std::string(key) + '"', at);
    if (effect && effect->name != key) {
      fail(at, "cancelled \"" + effect->name + "\", expected \"" + std::string(key) + '"');
    }
    return *this;
  }
  // Claims the start of a job, which runs at `run_jobs`.
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
  // Claims a load of any range; the page arrives, to be `received`.
  TestStore& loaded(std::string_view stream, Line at = Line::here()) {
    const auto effect = claim(Verb::kLoad, "load of \"" + std::string(stream) + '"', at);
    if (effect && effect->name != stream) {
      fail(at, "loaded \"" + effect->name + "\", expected \"" + std::string(stream) + '"');
    }
    return *this;
  }

  // Claims the change of state: `edit` turns a copy of the state before into what it should be now.
  template <class Edit>
  TestStore& state(Edit edit, Line at = Line::here()) {
    edit(expected_);
    const auto lines = diff(expected_, run_.state());
    if (!lines.empty()) fail(at, "state after " + step_name_ + join(lines));
    expected_ = run_.state();
    return *this;
  }

  // --- queries ----------------------------------------------------------------------------------

  // The state now; valid until the next step.
  const State& state() const { return run_.state(); }
  // From 2026-01-01T00:00:00Z; moved by `advance`, and by the sleeps of jobs.
  Timestamp now() const { return {run_.world().now_us()}; }
  // What the domain has logged: `info payment refused order=o-1`.
  const std::vector<std::string>& logged() const { return run_.logged(); }
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
  static const composable_domain& table() { return domain_table<D>(); }

  template <class A>
  static std::string named(const A& action) {
    return std::string(reflect::type_name<A>()) + to_json(action);
  }
  TestStore& fail(Line at, const std::string& what) {
    ADD_FAILURE_AT(at.file, at.number) << what;
    return *this;
  }

  // Fails the test for faults of the domain itself.
  void report(Line at) {
    for (const std::string& fault : run_.take_faults()) fail(at, fault);
  }
  void must_be_the_same(const std::string& after, Line at) {
    const auto lines = diff(expected_, run_.state());
    if (!lines.empty()) fail(at, "the state is another after " + after + join(lines));
    expected_ = run_.state();
  }

  void begin_step(Line at, std::string name) {
    close_step();
    step_ = at;
    step_name_ = std::move(name);
  }
  // Everything that the last step led to must have been claimed by now.
  void close_step() {
    close_effects();
    for (const Arrival& left : run_.world().arrived()) {
      fail(step_, "after " + step_name_ + " an action arrived that the test did not receive: " +
                      action_name(table(), left.type) + left.json);
    }
    run_.world().arrived().clear();
  }
  void close_effects() {
    for (const Recorded& left : effects_) {
      if (left.verb == Verb::kBegin || left.verb == Verb::kEnd || left.verb == Verb::kSend)
        continue;
      fail(step_, "after " + step_name_ + " there is an effect that the test did not expect: " +
                      Recorder(table()).describe(left));
    }
    effects_.clear();
    const auto lines = diff(expected_, run_.state());
    if (!lines.empty()) {
      fail(step_, "after " + step_name_ +
                      " the state changed in a way that the test did not expect" + join(lines));
      expected_ = run_.state();
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

  void run_decide(std::uint32_t type, const std::string& json, bool delivered = false) {
    for (Recorded& effect : run_.decide(step_name_, type, json, delivered)) {
      effects_.push_back(std::move(effect));
    }
    report(step_);
  }

  DomainRun<D> run_;
  State expected_{};              // what the test has claimed so far
  std::deque<Recorded> effects_;  // of the last step, unclaimed
  Line step_;
  std::string step_name_ = "the start";
};

}  // namespace composable::testing
