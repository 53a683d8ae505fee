// Pages of the log for domains that ask for them.
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "runtime/json_text.hpp"
#include "store/pipeline.hpp"

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

void Store::Core::start_load(StagedEffect& effect, Scope& scope) {
  ++scope.outstanding;
  Scope* const held = &scope;
  const auto task = [core = shared_from_this(), stream = std::move(effect.key),
                     from = effect.amount, max = effect.max, into = effect.number, held] {
    absl::StatusOr<EventPage> page =
        core->env_.events->read_stream(core->name_, stream, from, Direction::kForward, max);
    std::string data = page.ok() ? page_json(stream, *page) : std::string(page.status().message());
    core->post([core = core.get(), ok = page.ok(), data = std::move(data), into, held]() mutable {
      core->mailbox_.assert_inside();
      if (ok) {
        core->feed_back(into, std::move(data), *held);
      } else {
        core->effect_failed(*held, StagedEffect::Kind::kLoad, "load", data);
      }
      core->release(*held);
    });
  };
  if (env_.workers == nullptr || !env_.workers->submit(task)) {
    effect_failed(scope, effect.kind, "load", "the worker pool is full");
    release(scope);
  }
}

}  // namespace composable::host
