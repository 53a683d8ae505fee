// The effects that decide can return. A verb makes a value, `return {a, b, c};` makes a list of
// them, and the glue hands the list to the host after decide has returned: nothing happens while
// decide runs.
//
//   append(stream, events…)   durable domains: evolve, into the log, then broadcast
//   apply(event)              ephemeral domains: evolve, then broadcast
//   announce(event)           broadcast, no state
//   reject(rejection)         to the caller
//   send(action)              back to decide, when the cascade gets there
//   delay(key, after, action) back to decide, later; cancel(key) takes it back
//   job(input, key)           work off the loops; cancel(key) asks it to end
//   load<Into>(stream)        reads events of a stream and sends them as an `Into`
//   publish(topic, event)     to every domain of the host that subscribes to the topic
//   parallel(…), sequential(…) bracket send, delay, job, load and publish
//   none                      nothing
//
// The host first takes the appends or applies and evolves each event; then, once these events are
// durable, broadcasts them and answers the caller; then it starts the rest, in the order of the
// list. When the commit fails, nothing of the list happens and the caller gets an error. A list
// holds at most 4,096 effects with 16 MiB of payloads; a larger one fails the command with 500.
//
// A verb that does not fit the domain, or an action of the wrong class, does not compile. A verb is
// made and returned inside one decide, on its thread; payloads are moved, never shared.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "composable/effect_verbs.hpp"
#include "composable/topics.hpp"
#include "composable/values.hpp"

namespace composable {

// The effects of one decide of domain D. Made of verbs, grown with `add`, joined with `|`; moved,
// not copied. Up to 352 bytes of them are kept without an allocation.
template <class D>
class Effects : public EffectList {
 public:
  Effects() = default;
  Effects(effect::None) {}
  // Takes verbs. Any other type that decide returns ends here too, with an error that says what to
  // write instead.
  template <class... V>
  requires(sizeof...(V) > 0 && !(std::is_same_v<std::remove_cvref_t<V>, Effects> || ...))
      Effects(V&&... verbs) {
    static_assert(((sizeof(typename effect::CaseOf<D, std::remove_cvref_t<V>>::type) != 0) && ...));
    if constexpr ((effect::Verb<std::remove_cvref_t<V>> && ...)) {
      (put_verb(std::forward<V>(verbs)), ...);
    }
  }

  template <class V>
  requires effect::Verb<std::remove_cvref_t<V>> Effects& add(V&& verb) {
    static_assert(sizeof(typename effect::CaseOf<D, std::remove_cvref_t<V>>::type) != 0);
    put_verb(std::forward<V>(verb));
    return *this;
  }
  Effects& add(Effects&& more) {
    splice(std::move(more));
    return *this;
  }
  friend Effects operator|(Effects first, Effects then) {
    first.add(std::move(then));
    return first;
  }

 private:
  template <class V>
  void put_verb(V&& verb) {
    put(std::forward<V>(verb), effect::kOps<D, std::remove_cvref_t<V>>);
  }
};

// `return composable::none;` accepts the command without effects.
inline constexpr effect::None none{};

// Durable domains: appends events to one stream, at least one, in this order. All appends of one
// decide are one atomic commit, also those of several streams. Each event goes through evolve
// first, from the bytes that will be stored; when that fails, the command is refused with 500.
// `stream` is 1 to 255 bytes without control characters, unique in the domain, and begins with its
// first event. An event is at most 1 MiB of JSON.
template <class... E>
effect::Append<E...> append(std::string stream, E... events) {
  static_assert(sizeof...(E) > 0, "composable: append takes at least one event");
  return {{{std::move(stream)}}, {std::move(events)...}};
}
// Appends all events of the list, at least one.
template <class E>
effect::AppendMany<E> append(std::string stream, std::vector<E> events) {
  return {{{std::move(stream)}}, std::move(events)};
}
// Ephemeral domains: evolves the event and broadcasts it; it is not stored.
template <class E>
effect::Apply<E> apply(E event) {
  return {std::move(event)};
}
// Broadcasts the event to sockets as far as it is visible, and ends waits of routes; it is neither
// evolved nor stored. In a durable domain it leaves when everything decided before it is durable.
template <class E>
effect::Announce<E> announce(E event) {
  return {std::move(event)};
}
// Ends the caller's wait with the rejection's status, code and message. Only the caller sees it. It
// undoes nothing: the other effects of the list happen too.
template <class R>
effect::Reject<R> reject(R rejection) {
  return {std::move(rejection)};
}
// Decides a command or internal action of this domain after this one, as a part of the same cause:
// a route waits for it. At most once: it is lost when the host ends before.
template <class A>
effect::Send<A> send(A action) {
  return {std::move(action)};
}
// Decides `action`, a command or internal action of this domain, when `after` has passed, never
// before. A negative `after` counts as zero; the longest is a century. It is a cause of its own: a
// route does not wait for it, except inside a group.
//
// A non-empty key, at most 255 bytes, replaces the pending delay of the same key. A delay with an
// empty key cannot be cancelled.
//
// With an append in the same list, and outside groups, the delay is stored in the same commit: it
// survives a restart and a reload, and is decided at least once, so its decide must check the state
// first. Without an append it is in memory and is decided at most once; when it replaces a stored
// delay, it also removes that from the log.
template <class A>
effect::Delayed<A> delay(std::string key, std::chrono::duration<std::int64_t, std::micro> after,
                         A action) {
  const auto us = static_cast<std::uint64_t>(after.count() > 0 ? after.count() : 0);
  return {std::move(key), us, std::move(action)};
}
// Cancels the pending delay of this key and asks every job of this key to end. An unknown or empty
// key has no effect. With an append in the same list it is part of the commit.
inline effect::Cancel cancel(std::string key) { return {std::move(key)}; }
// Runs the domain's `run(J, JobContext)` on a worker, after the commit, with a copy of the input
// that has gone through JSON. It is in memory: it runs at most once, and is lost when the host
// ends. A reload runs it again when J declares `kind = composable::restartable_job()`.
//
// `key` names the job for cancel. It is not a lock: two jobs with one key run side by side, and a
// cancel asks both.
template <class J>
effect::Job<J> job(J input, std::string key = {}) {
  return {std::move(input), std::move(key)};
}

// A stored event in the result of `load`, which is an action with the fields
// `std::string stream; std::vector<composable::LoadedEvent> events; bool more;`.
struct LoadedEvent {
  std::string type;
  std::uint64_t version = 0;
  std::uint64_t position = 0;
  Timestamp recorded_at;  // to the millisecond, as on every wire
  Json data;
};
// Reads up to `max` events of a stream of this domain, from `from_version` (1 is the first) on, on
// a worker, and sends them to decide as an `Into`, with `more` when there are further ones. A
// stream that does not exist has no events. An ephemeral domain has no streams. A read that fails
// ends the cause with 500.
template <class Into>
effect::Load<Into> load(std::string stream, std::uint64_t from_version = 1,
                        std::uint32_t max = 1000) {
  return {std::move(stream), from_version, max};
}

// Starts all at once. Groups nest up to 16 deep.
template <class... Verbs>
effect::Group<COMPOSABLE_GROUP_PARALLEL, Verbs...> parallel(Verbs... verbs) {
  return {{std::move(verbs)...}};
}
// Runs one after the other: a step starts when everything that followed from the one before has
// ended.
template <class... Verbs>
effect::Group<COMPOSABLE_GROUP_SEQUENTIAL, Verbs...> sequential(Verbs... verbs) {
  return {{std::move(verbs)...}};
}

}  // namespace composable
