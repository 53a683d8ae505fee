// Pages of the log for domains that ask for them, read by a worker. [serial]
#pragma once
#include "store/effect_host.hpp"
#include "store/serial_section.hpp"
#include "store/worker_pool.hpp"

namespace composable::host {

class Loads {
 public:
  // `workers` may be null: then every load fails.
  Loads(EffectHost& host, SerialSection& section, EventStore* log, WorkerPool* workers)
      : host_(host), section_(section), log_(log), workers_(workers) {}

  void start(StagedEffect& effect, Scope& scope) STORE_SERIAL;

 private:
  EffectHost& host_;
  SerialSection& section_;
  EventStore* const log_;
  WorkerPool* const workers_;
};

}  // namespace composable::host
