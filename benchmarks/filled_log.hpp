// A log of orders for benchmarks that read one: ten events a stream, 256 bytes each.
#pragma once
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "events/event_store.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"

namespace composable::host {

// `events`: at least 10,000, in thousands.
inline void fill_log(EventStore& store, Clock& clock, int events) {
  struct Done final : AppendListener {
    absl::Notification done;
    void appended(absl::Span<std::unique_ptr<AppendRequest>> answered) override {
      if (answered[0]->result.code != AppendCode::kOk) std::abort();
      done.Notify();
    }
  };
  constexpr int kBatch = 1'000;
  SystemRng rng;
  for (int first = 0; first < events; first += kBatch) {
    auto request = std::make_unique<AppendRequest>();
    request->domain = "orders";
    request->recorded_at_us = clock.unix_micros();
    request->meta = {Uuid::v7(1, rng), Uuid::v7(1, rng), "user-000000007", std::string(18, 't')};
    for (int i = first; i < first + kBatch; ++i) {
      StreamAppend& s = request->streams.emplace_back();
      s.stream = "order-" + std::to_string(i % (events / 10));
      s.expected = Expected::kAny;
      s.events.push_back(
          {Uuid::v7(clock.unix_micros(), rng), "OrderPlaced", std::string(256, 'x')});
    }
    Done done;
    store.append(std::move(request), done);
    done.done.WaitForNotification();
  }
}

}  // namespace composable::host
