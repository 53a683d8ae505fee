// The values that the verbs of effects.hpp and topics.hpp make: each holds what it was given, names
// the case that checks it, and emits itself into the host's sink. Made and emptied inside one
// decide.
#pragma once
#include <cstdint>
#include <new>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "composable/abi/effects.h"
#include "composable/domain.hpp"
#include "composable/effect_cases.hpp"
#include "composable/effect_list.hpp"
#include "composable/error.hpp"
#include "composable/json.hpp"
#include "composable/topic_name.hpp"

namespace composable {

namespace effect {

// The stream and the version it is expected to be at; shared by the two forms of append.
struct Stream {
  std::string name;
  std::uint32_t expected = COMPOSABLE_EXPECT_SEEN;
  std::uint64_t version = 0;

  composable_status append(composable_effects* sink, const composable_action* events,
                           std::size_t count) const {
    const composable_append append{sizeof(append), expected, version, {name.data(), name.size()},
                                   events,         count};
    return sink->append(sink, &append);
  }
};

// The expectation of an append about its stream: `append("order-1", e).expecting_none()`. The
// default is that the stream is as decide has seen it, which always holds on one host. An
// expectation that does not hold refuses the command with 409 CONFLICT, and nothing of its list
// happens.
template <class Self>
struct Appending {
  Stream stream;

  // The stream has no event yet: a new aggregate, or a guard over several.
  Self expecting_none() && { return expecting(COMPOSABLE_EXPECT_NONE, 0); }
  // Whatever its version is.
  Self expecting_any() && { return expecting(COMPOSABLE_EXPECT_ANY, 0); }
  // It has at least one event.
  Self expecting_exists() && { return expecting(COMPOSABLE_EXPECT_EXISTS, 0); }
  // Its last event has this version; the first one has 1.
  Self expecting(std::uint64_t version) && { return expecting(COMPOSABLE_EXPECT_EXACT, version); }

 private:
  Self expecting(std::uint32_t what, std::uint64_t version) {
    stream.expected = what;
    stream.version = version;
    return std::move(static_cast<Self&>(*this));
  }
};

template <class... E>
struct Append : Appending<Append<E...>> {
  static constexpr bool kTopLevel = true;
  std::tuple<E...> events;

  template <class D>
  using Case = Cases<AppendCase<D, E>...>;
  template <class D>
  composable_status emit(composable_effects* sink, composable_error*) {
    return std::apply(
        [&](const E&... event) {
          const composable_action actions[] = {native<D>(event)...};
          return this->stream.append(sink, actions, sizeof...(E));
        },
        events);
  }
};

template <class E>
struct AppendMany : Appending<AppendMany<E>> {
  static constexpr bool kTopLevel = true;
  std::vector<E> events;

  template <class D>
  using Case = AppendCase<D, E>;
  template <class D>
  composable_status emit(composable_effects* sink, composable_error*) {
    std::vector<composable_action> actions;
    actions.reserve(events.size());
    for (const E& event : events) actions.push_back(native<D>(event));
    return this->stream.append(sink, actions.data(), actions.size());
  }
};

template <class E>
struct Apply {
  static constexpr bool kTopLevel = true;
  E event;

  template <class D>
  using Case = ApplyCase<D, E>;
  template <class D>
  composable_status emit(composable_effects* sink, composable_error*) {
    const composable_action action = native<D>(event);
    return sink->apply(sink, &action);
  }
};

template <class E>
struct Announce {
  static constexpr bool kTopLevel = true;
  E event;

  template <class D>
  using Case = EventCase<D, E>;
  template <class D>
  composable_status emit(composable_effects* sink, composable_error*) {
    const composable_action action = native<D>(event);
    return sink->announce(sink, &action);
  }
};

template <class R>
struct Reject {
  static constexpr bool kTopLevel = true;
  R rejection;

  template <class D>
  using Case = RejectCase<D, R>;
  template <class D>
  composable_status emit(composable_effects* sink, composable_error*) {
    const composable_action action = native<D>(rejection);
    return sink->announce(sink, &action);
  }
};

template <class A>
struct Send {
  static constexpr bool kTopLevel = false;
  A action;

  template <class D>
  using Case = SentCase<D, A>;
  template <class D>
  composable_status emit(composable_effects* sink, composable_error*) {
    const composable_action sent = native<D>(action);
    return sink->send(sink, &sent);
  }
};

template <class A>
struct Delayed {
  static constexpr bool kTopLevel = false;
  std::string key;
  std::uint64_t us;
  A action;

  template <class D>
  using Case = SentCase<D, A>;
  template <class D>
  composable_status emit(composable_effects* sink, composable_error*) {
    const composable_action sent = native<D>(action);
    return sink->delay(sink, {key.data(), key.size()}, us, &sent);
  }
};

struct Cancel {
  static constexpr bool kTopLevel = true;
  std::string key;

  template <class D>
  using Case = Cases<>;
  template <class D>
  composable_status emit(composable_effects* sink, composable_error*) {
    return sink->cancel(sink, {key.data(), key.size()});
  }
};

template <class J>
struct Job {
  static constexpr bool kTopLevel = false;
  J input;
  std::string key;

  template <class D>
  using Case = StartedCase<D, J>;
  template <class D>
  composable_status emit(composable_effects* sink, composable_error* error) {
    constexpr std::uint32_t kJob = domain::kIndexIn<J, typename domain::JobsOf<D>::type>;
    std::string json;
    if (!encode(type_of<J>(), &input, json, error)) return COMPOSABLE_E_INVALID;
    return sink->job(sink, kJob, {key.data(), key.size()},
                     {reinterpret_cast<const std::uint8_t*>(json.data()), json.size()});
  }
};

template <class Into>
struct Load {
  static constexpr bool kTopLevel = false;
  std::string stream;
  std::uint64_t from;
  std::uint32_t max;

  template <class D>
  using Case = SentCase<D, Into>;
  template <class D>
  composable_status emit(composable_effects* sink, composable_error*) {
    return sink->load(sink, {stream.data(), stream.size()}, from, max, domain::kNumber<D, Into>);
  }
};

inline composable_status publish(composable_effects* sink, TopicName topic,
                                 const composable_action& event, composable_error* error) {
  if (!COMPOSABLE_HAS(composable_effects, sink, publish)) {
    set_error(error, "publish: this host knows no topics; run a newer one");
    return COMPOSABLE_E_UNSUPPORTED;
  }
  return sink->publish(sink, {topic.text.data(), topic.text.size()}, &event);
}

template <class E>
struct Publish {
  static constexpr bool kTopLevel = false;
  TopicName topic;
  E event;

  template <class D>
  using Case = EventCase<D, E>;
  template <class D>
  composable_status emit(composable_effects* sink, composable_error* error) {
    return effect::publish(sink, topic, native<D>(event), error);
  }
};

template <std::uint32_t kGroup, class... Verbs>
struct Group {
  static_assert((!Verbs::kTopLevel && ...),
                "composable: append, apply, announce, reject and cancel stand at the top level, "
                "never inside parallel or sequential");
  static constexpr bool kTopLevel = false;
  std::tuple<Verbs...> verbs;

  template <class D>
  using Case = Cases<typename Verbs::template Case<D>...>;
  template <class D>
  composable_status emit(composable_effects* sink, composable_error* error) {
    composable_status status = sink->begin(sink, kGroup);
    std::apply(
        [&](Verbs&... verb) {
          static_cast<void>(
              ((status >= 0 && (status = verb.template emit<D>(sink, error)) >= 0) && ...));
        },
        verbs);
    return status < 0 ? status : sink->end(sink);
  }
};

struct None {};

template <class V>
concept Verb = requires {
  V::kTopLevel;
};

// What is wrong with a V, or nothing; anything that is no verb is wrong.
template <class D, class V>
struct CaseOf {
  using type = ReturnedCase<D, V>;
};
template <class D, Verb V>
struct CaseOf<D, V> {
  using type = typename V::template Case<D>;
};

template <class D, class V>
inline constexpr EffectOps kOps{
    [](void* v, composable_effects* sink, composable_error* error) {
      return static_cast<V*>(v)->template emit<D>(sink, error);
    },
    std::is_trivially_copyable_v<V> ? nullptr
                                    : +[](void* from, void* to) noexcept {
                                        auto* verb = static_cast<V*>(from);
                                        ::new (to) V(std::move(*verb));
                                        verb->~V();
                                      },
    std::is_trivially_destructible_v<V> ? nullptr
                                        : +[](void* v) noexcept { static_cast<V*>(v)->~V(); }};

}  // namespace effect

}  // namespace composable
