// A recovery and all that it works with, over a log whose answers the test holds back.
#pragma once
#include <gtest/gtest.h>

#include "part_fixture.hpp"
#include "store/recovery.hpp"

namespace composable::host {

class RecoveryFixture : public PartTest, protected Recovery::Owner {
 protected:
  RecoveryFixture() {
    serving_.domain = probe();
    status_.serve();
  }
  ~RecoveryFixture() override { recovery_.end(); }

  void take_state(Recovery::Rebuilt& rebuilt) override {
    ++taken_;
    serving_.domain->exchange_state(*rebuilt.state);
    serving_.position = rebuilt.position;
  }

  ServingState serving_;
  StoreStatus status_{"probe", nullptr};
  GatedEventStore log_{clock_};
  WorkerPool workers_{1, 4};
  MetricsRegistry registry_;
  MetricCells cells_{&registry_, "probe"};
  Jobs jobs_{host_, section_, loop_, &workers_};
  int taken_ = 0;
  Recovery recovery_{"probe",
                     {.owner = *this,
                      .section = section_,
                      .status = status_,
                      .serving = serving_,
                      .jobs = jobs_,
                      .cells = cells_,
                      .log = &log_,
                      .clock = clock_,
                      .workers = &workers_,
                      .snapshot_events = 10'000}};
};

}  // namespace composable::host
