// Topics: what decide publishes on its way out, and what others have published on its way in.
#include <utility>

#include "absl/strings/str_format.h"
#include "composable/abi/topics.h"
#include "observe/log.hpp"
#include "store/pipeline.hpp"

namespace composable::host {

// Publishing is over when all who listen have the message in their mailbox; the cause does not wait
// for what they do with it.
void Store::Core::publish_event(StagedEffect& effect, Scope& scope) {
  if (env_.topics == nullptr) return;
  Cause& cause = *scope.cause;
  absl::Status status;
  if (cause.hops == COMPOSABLE_TOPIC_MAX_HOPS) {
    status = absl::ResourceExhaustedError(
        absl::StrFormat("it follows from %u topics one after the other; look for domains that "
                        "publish to each other in a circle",
                        cause.hops));
  } else {
    if (cause.meta.cause.is_nil()) {
      cause.meta.cause = Uuid::v7(env_.clock->unix_micros(), *env_.rng);
    }
    auto message = std::make_shared<TopicMessage>();
    message->topic = effect.key;
    message->domain = name_;
    message->type = domain_->actions()[effect.number].name;
    message->data = std::move(effect.data);
    message->correlation = cause.meta.correlation;
    message->cause = cause.meta.cause;
    message->actor = cause.meta.actor;
    message->traceparent = cause.meta.traceparent;
    message->hops = cause.hops + 1;
    const Published published = env_.topics->publish(message);
    count_published(published, effect.key);
    status = published.status;
  }
  if (status.ok()) return;
  effect_failed(scope, effect.kind, "publish " + effect.key, std::string(status.message()));
}

// A topic without a listener is no failure, but may be one that was meant to have one: it is
// counted each time and told once.
void Store::Core::count_published(const Published& published, std::string_view topic) {
  if (published.first_unheard) {
    log_info(
        name_, "topic_unheard",
        {{"topic", topic},
         {"message", "nobody listens to it now; further messages of this topic are only counted"}});
  }
  if (env_.metrics == nullptr) return;
  const std::size_t result = published.listeners == 0 ? 0 : published.taken == 0 ? 1 : 2;
  static constexpr std::string_view kResults[] = {"unheard", "refused", "heard"};
  Counter*& cell = published_[result];
  if (cell == nullptr) {
    cell = &env_.metrics->counter(kTopicMessagesTotal, {name_, kResults[result]});
  }
  cell->add();
}

void Store::Core::watch_deliveries() {
  const auto cell = [this](std::string_view result) {
    return env_.metrics == nullptr ? &uncounted_
                                   : &env_.metrics->counter(kTopicDeliveriesTotal, {name_, result});
  };
  if (domain_->topics().empty()) return;
  deliveries_refused_ = cell("refused");
  for (const TopicSubscription& subscription : domain_->topics()) {
    std::unique_ptr<Watch>& watch = watches_[subscription.topic];
    if (watch != nullptr) continue;  // an earlier generation listened to it
    watch = std::make_unique<Watch>();
    watch->domain = name_;
    watch->topic = subscription.topic;
    watch->handled = cell("handled");
    watch->failed = cell("failed");
  }
}

void Store::Core::listen_to_topics() {
  if (env_.topics == nullptr) return;
  std::vector<std::string> topics;
  for (const TopicSubscription& subscription : domain()->topics()) {
    topics.push_back(subscription.topic);
  }
  env_.topics->listen(shared_from_this(), topics);
}

void Store::Core::leave_topics() {
  if (env_.topics != nullptr) env_.topics->leave(*this);
}

// What follows from work that was taken is taken too, so a shutdown refuses nothing here.
absl::Status Store::Core::deliver(std::shared_ptr<const TopicMessage> message) {
  if (halted_.load(std::memory_order_acquire)) {
    deliveries_refused_->add();
    return absl::UnavailableError(absl::StrFormat("%s is halted", name_));
  }
  if (mailbox_.size() + n_feedback_.load(std::memory_order_relaxed) >= options_.mailbox) {
    deliveries_refused_->add();
    overloaded_.fetch_add(1, std::memory_order_relaxed);
    return absl::ResourceExhaustedError(absl::StrFormat(
        "the mailbox of %s is full, at %u items", name_, static_cast<unsigned>(options_.mailbox)));
  }
  post([this, message = std::move(message)] {
    mailbox_.assert_inside();
    begin_delivery(*message);
  });
  return absl::OkStatus();
}

// The topic is looked up here and not when it was put: the domain's numbers are those of the
// generation that serves now.
void Store::Core::begin_delivery(const TopicMessage& message) {
  const TopicSubscription* subscription = domain_->find_topic(message.topic);
  if (subscription == nullptr) return deliveries_refused_->add();  // the one before listened
  Cause& cause = new_cause();
  cause.meta = {message.correlation, message.cause, message.actor, message.traceparent};
  cause.hops = message.hops;
  cause.waiter = watches_[subscription->topic].get();
  cause.root.outstanding = 1;
  if (halted_.load(std::memory_order_relaxed)) {  // since it was taken
    refuse(cause, halted());
    return release(cause.root);
  }
  feed_back(subscription->action, message.data, cause.root);
  release(cause.root);
}

void Store::Core::Watch::ended(const Outcome& outcome) noexcept {
  const bool rejected = outcome.kind == Outcome::Kind::kRefused && outcome.action != nullptr;
  if (outcome.kind == Outcome::Kind::kSettled || rejected) return handled->add_alone();
  failed->add_alone();
  const Refusal& refusal = *outcome.refusal;
  log_error(domain, "delivery_failed",
            {{"topic", topic},
             {"code", refusal.code},
             {"path", refusal.path},
             {"reason", refusal.reason_for_log()}});
}

}  // namespace composable::host
