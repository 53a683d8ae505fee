#include "store/topic_port.hpp"

#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "composable/abi/topics.h"
#include "observe/log.hpp"
#include "observe/log_rate.hpp"

namespace composable::host {

// Waits for every cause that began with a delivery on its topic: nothing else would notice a
// failure.
struct TopicPort::DeliveryWaiter final : Waiter {
  std::string domain, topic;
  Counter* handled = nullptr;  // settled, or answered by a rejection
  Counter* failed = nullptr;

  void ended(const Outcome& outcome) noexcept override;
};

TopicPort::TopicPort(std::string domain, const Dependencies& dependencies)
    : domain_(std::move(domain)), deps_(dependencies) {}
TopicPort::~TopicPort() = default;

void TopicPort::watch(const DomainHandle& domain) {
  if (domain.topics().empty()) return;
  if (refused_ == nullptr) refused_ = &deps_.cells.deliveries("refused");
  for (const TopicSubscription& subscription : domain.topics()) {
    std::unique_ptr<DeliveryWaiter>& waiter = waiters_[subscription.topic];
    if (waiter != nullptr) continue;  // an earlier generation listened to it
    waiter = std::make_unique<DeliveryWaiter>();
    waiter->domain = domain_;
    waiter->topic = subscription.topic;
    waiter->handled = &deps_.cells.deliveries("handled");
    waiter->failed = &deps_.cells.deliveries("failed");
  }
}

void TopicPort::listen(std::shared_ptr<TopicListener> self, const DomainHandle& domain) {
  if (deps_.topics == nullptr) return;
  std::vector<std::string> topics;
  for (const TopicSubscription& subscription : domain.topics()) {
    topics.push_back(subscription.topic);
  }
  deps_.topics->listen(std::move(self), topics);
}

void TopicPort::leave() {
  if (deps_.topics != nullptr) deps_.topics->leave(*this);
}

void TopicPort::publish(StagedEffect& effect, Scope& scope, const DomainHandle& domain) {
  if (deps_.topics == nullptr) return;
  Cause& cause = *scope.cause;
  absl::Status status;
  if (cause.hops == COMPOSABLE_TOPIC_MAX_HOPS) {
    status = absl::ResourceExhaustedError(
        absl::StrFormat("it follows from %u topics one after the other; look for domains that "
                        "publish to each other in a circle",
                        cause.hops));
  } else {
    if (cause.meta.cause.is_nil()) {
      cause.meta.cause = Uuid::v7(deps_.clock.unix_micros(), deps_.rng);
    }
    auto message = std::make_shared<TopicMessage>();
    message->topic = effect.key;
    message->domain = domain_;
    message->type = domain.actions()[effect.number].name;
    message->data = std::move(effect.data);
    message->correlation = cause.meta.correlation;
    message->cause = cause.meta.cause;
    message->actor = cause.meta.actor;
    message->traceparent = cause.meta.traceparent;
    message->hops = cause.hops + 1;
    const Published published = deps_.topics->publish(message);
    count(published, effect.key);
    status = published.status;
  }
  if (status.ok()) return;
  deps_.host.fail(scope, effect.kind, "publish " + effect.key, std::string(status.message()));
}

// A topic without a listener is no failure, but it may be a mistake: each message is counted, and
// the first is logged.
void TopicPort::count(const Published& published, std::string_view topic) {
  if (published.first_without_listener) {
    log_info(domain_, "topic_has_no_listener",
             {{"topic", topic},
              {"message", "it has no listener; further messages of this topic are only counted"}});
  }
  deps_.cells
      .published(published.listeners == 0 ? "unheard"
                 : published.taken == 0   ? "refused"
                                          : "heard")
      .add();
}

// What follows from work that was taken is taken too, so a shutdown refuses nothing here.
absl::Status TopicPort::deliver(std::shared_ptr<const TopicMessage> message) {
  if (deps_.status.halted()) {
    refused_->add();
    return absl::UnavailableError(absl::StrFormat("%s is halted", domain_));
  }
  if (deps_.section.size() + deps_.feedback.size() >= deps_.mailbox) {
    refused_->add();
    deps_.cells.add_overloaded();
    return absl::ResourceExhaustedError(absl::StrFormat(
        "the mailbox of %s is full, at %u items", domain_, static_cast<unsigned>(deps_.mailbox)));
  }
  deps_.section.post([this, message = std::move(message)] {
    assert_serial();
    begin(*message);
  });
  return absl::OkStatus();
}

// The topic is looked up here and not when it was put: the domain's numbers are those of the
// generation that serves now.
void TopicPort::begin(const TopicMessage& message) {
  const TopicSubscription* subscription = deps_.status.domain()->find_topic(message.topic);
  if (subscription == nullptr) return refused_->add();  // the one before listened
  Cause& cause =
      deps_.host.begin({message.correlation, message.cause, message.actor, message.traceparent});
  cause.hops = message.hops;
  cause.waiter = waiters_[subscription->topic].get();
  cause.root.outstanding = 1;
  if (deps_.status.halted()) {  // since it was taken
    deps_.host.refuse(cause.root, deps_.status.refusal());
  } else {
    deps_.host.feed_back(subscription->action, message.data, cause.root);
  }
  deps_.host.release(cause.root);
}

void TopicPort::DeliveryWaiter::ended(const Outcome& outcome) noexcept {
  const bool rejected = outcome.kind == Outcome::Kind::kRefused && outcome.action != nullptr;
  if (outcome.kind == Outcome::Kind::kSettled || rejected) return handled->add_alone();
  failed->add_alone();
  const Refusal& refusal = *outcome.refusal;
  if (!log_rate().admit(LogLevel::kError, domain, "delivery_failed", topic)) return;
  log_error(domain, "delivery_failed",
            {{"topic", topic},
             {"code", refusal.code},
             {"path", refusal.path},
             {"reason", refusal.reason_for_log()}});
}

}  // namespace composable::host
