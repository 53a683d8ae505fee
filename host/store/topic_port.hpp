// A TopicPort publishes what decide gives to topics, and takes in what other domains have
// published. [serial], except where marked.
#pragma once
#include <cstddef>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "bus/topics.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"
#include "store/effect_host.hpp"
#include "store/feedback.hpp"
#include "store/metric_cells.hpp"
#include "store/serial_section.hpp"
#include "store/store_status.hpp"

namespace composable::host {

class TopicPort final : public TopicListener {
 public:
  // What it works with; all outlive it.
  struct Dependencies {
    EffectHost& host;
    SerialSection& section;
    const StoreStatus& status;
    MetricCells& cells;
    const Feedback& feedback;
    TopicTable* topics;  // may be null: messages reach no listener
    Clock& clock;
    Rng& rng;
    std::size_t mailbox;  // items waiting; beyond it a delivery is refused
  };
  TopicPort(std::string domain, const Dependencies& dependencies);
  ~TopicPort() override;

  // [any] `self` shares the ownership of what this is part of. Called again for every generation:
  // each topic is subscribed once.
  void listen(std::shared_ptr<TopicListener> self, const DomainHandle& domain);
  void leave();  // [any] Nothing more is delivered.
  // Before listen() for a generation: prepares the counters of its deliveries.
  void watch(const DomainHandle& domain);

  // The cause does not wait for what listeners do with the message: publishing ends when all of
  // them have it in their mailbox.
  void publish(StagedEffect& effect, Scope& scope, const DomainHandle& domain) STORE_SERIAL;

  // [any] OK, or why this domain does not take the message.
  absl::Status deliver(std::shared_ptr<const TopicMessage> message) override;

 private:
  struct DeliveryWaiter;  // of what was delivered on one topic

  void count(const Published& published, std::string_view topic);
  void begin(const TopicMessage& message) STORE_SERIAL;

  const std::string domain_;
  const Dependencies deps_;
  Counter* refused_ = nullptr;  // of what was delivered
  absl::flat_hash_map<std::string, std::unique_ptr<DeliveryWaiter>> waiters_;  // of all generations
};

}  // namespace composable::host
