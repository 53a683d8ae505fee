// Loads reads pages of event streams on a worker, for a domain that asks for them. [serial]
#pragma once
#include <string>
#include <utility>

#include "store/effect_host.hpp"
#include "store/serial_section.hpp"
#include "store/worker_pool.hpp"

namespace composable::host {

class Loads {
 public:
  // `workers` may be null: then every load fails.
  Loads(std::string domain, EffectHost& host, SerialSection& section, EventStore* log,
        WorkerPool* workers)
      : domain_(std::move(domain)),
        host_(host),
        section_(section),
        log_(log),
        workers_(workers),
        lane_(workers == nullptr ? nullptr : workers->lane(domain_)) {}

  void start(StagedEffect& effect, Scope& scope) STORE_SERIAL;

 private:
  const std::string domain_;
  EffectHost& host_;
  SerialSection& section_;
  EventStore* const log_;
  WorkerPool* const workers_;
  const std::shared_ptr<WorkerPool::Lane> lane_;
};

}  // namespace composable::host
