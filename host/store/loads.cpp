#include "store/loads.hpp"

#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "runtime/json_text.hpp"

namespace composable::host {
namespace {

std::string page_json(const std::string& stream, const EventPage& page) {
  std::string out = "{\"stream\":";
  append_json_string(out, stream);
  out += ",\"events\":[";
  for (const StoredEvent& event : page.events) {
    if (out.back() != '[') out += ',';
    out += "{\"type\":";
    append_json_string(out, event.type);
    out += absl::StrFormat(",\"version\":%u,\"position\":%u,\"recorded_at\":\"", event.version,
                           event.position);
    out += absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMicros(event.recorded_at_us),
                            absl::UTCTimeZone());
    out += "\",\"data\":";
    out += event.data;
    out += '}';
  }
  out += page.more ? "],\"more\":true}" : "],\"more\":false}";
  return out;
}

}  // namespace

void Loads::start(StagedEffect& effect, Scope& scope) {
  ++scope.outstanding;
  auto task = [this, alive = section_.keep_alive(), stream = std::move(effect.key),
               from = effect.amount, max = effect.max, into = effect.number, &scope] {
    absl::StatusOr<EventPage> page =
        log_->read_stream(domain_, stream, from, Direction::kForward, max);
    std::string data = page.ok() ? page_json(stream, *page) : std::string(page.status().message());
    section_.post([this, ok = page.ok(), data = std::move(data), into, &scope]() mutable {
      assert_serial();
      if (ok) {
        host_.feed_back(into, std::move(data), scope);
      } else {
        host_.fail(scope, StagedEffect::Kind::kLoad, "load", data);
      }
      host_.release(scope);
    });
  };
  if (workers_ == nullptr || !workers_->submit(*lane_, std::move(task))) {
    host_.fail(scope, effect.kind, "load", "the worker pool is full");
    host_.release(scope);
  }
}

}  // namespace composable::host
