// Topics connect the domains of a host. One domain publishes an event, with the effect `publish`;
// every domain that subscribes gets it as an action of its own, with its own fields: unknown fields
// are dropped, missing ones take their default.
//
//   static composable::Topics<Billing> topics() {
//     return {composable::subscribe<NoteOrder>("orders.placed")};
//   }
//
// Delivery is in memory: at most once, in the publisher's order, and lost when the host ends. Use
// publish in decide; the rest is read when the domain's tables are made, at load.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "composable/effect_verbs.hpp"
#include "composable/topic_name.hpp"

namespace composable {

// Delivers the event, after the commit of the same decide, to every domain of this host that
// subscribes, this one included; at most once, in the publisher's order. A route does not wait for
// subscribers, and what they miss is not repeated. The effect fails, which is logged and counted,
// when a subscriber's mailbox is full, and when the message follows from 16 topics one after the
// other, so that two domains cannot publish to each other for ever. `topic` is a literal,
// [a-z][a-z0-9._-]*, at most 128 bytes.
template <class E>
effect::Publish<E> publish(TopicName topic, E event) {
  return {topic, std::move(event)};
}

template <TopicText Text, class E>
effect::Publish<E> publish(Text&&, E event) {
  static_assert(schema::kNever<Text>,
                "composable: a topic is a literal, so that `composable routes` can list it before "
                "anything runs; write one publish(\"topic\", event) for each topic, in an if");
  return {"none", std::move(event)};
}

namespace topic {

template <class D, class A>
struct SubscribedCase {
  static_assert(domain::kHasAction<D, A>,
                "composable: what this topic becomes is not one of the domain's actions; add it to "
                "`Action`");
  static_assert(!domain::kHasAction<D, A> || domain::kGoesToDecide<D, A>,
                "composable: subscribe takes a command or internal action, because what arrives "
                "goes to decide; give the event of another domain a command of your own");
};

template <class A>
struct Subscription {
  TopicName topic;
};

}  // namespace topic

// A message on `topic` is decided as an A, a command or internal action of this domain, as a cause
// of its own, with the publisher's correlation id. Only names of fields count: a field that A does
// not have is dropped, a missing one keeps its default. A message that A cannot read is refused,
// logged and counted; the publisher does not learn of it.
template <class A>
topic::Subscription<A> subscribe(TopicName topic) {
  return {topic};
}
template <class A, TopicText Text>
topic::Subscription<A> subscribe(Text&&) {
  static_assert(schema::kNever<Text>,
                "composable: a topic is a literal, so that `composable routes` can list it before "
                "anything runs; write one subscribe<Action>(\"topic\") for each topic");
  return {"none"};
}

// The subscriptions of domain D, each topic once. The host reads them at load, lists them with
// `composable routes`, and changes them with each reload.
template <class D>
class Topics {
 public:
  struct Entry {
    template <class A>
    Entry(topic::Subscription<A> subscription)
        : topic(subscription.topic.text), action(domain::kNumber<D, A>) {
      static_cast<void>(topic::SubscribedCase<D, A>{});
    }
    std::string_view topic;
    std::uint32_t action;
  };

  Topics(std::initializer_list<Entry> entries) : entries_(entries) {}
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace composable
