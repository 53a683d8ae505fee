#include "store/log_replay.hpp"

#include "absl/strings/str_format.h"
#include "store/reducer_context.hpp"

namespace composable::host {
namespace {

composable_status evolve_one(DomainHandle& domain, const ActionType* type,
                             const EventStore::EventView& event, std::uint32_t flags,
                             CallError& error) {
  if (type == nullptr) {
    error = {COMPOSABLE_E_UNSUPPORTED,
             absl::StrFormat("the domain does not know the event type %s", event.type), ""};
    return error.code;
  }
  ReducerContext context(event, flags);
  return domain.evolve({type->number, COMPOSABLE_FORM_JSON, event.data.data(), event.data.size()},
                       context.abi(), error);
}

}  // namespace

absl::StatusOr<ReplayProgress> replay_log(
    EventStore& log, DomainHandle& domain, const ReplayRange& range,
    absl::FunctionRef<void(const EventStore::EventView&, const ActionType&)> evolved) {
  ReplayProgress progress;
  bool over = false;
  const absl::Status status = log.replay(
      domain.name(), range.from, [&](const EventStore::EventView& event) -> absl::Status {
        over = event.position > range.until;
        if (over) return absl::CancelledError("the range has ended");
        const ActionType* type = domain.find_action(event.type);
        CallError error;
        if (evolve_one(domain, type, event, range.flags, error) < 0) {
          progress.failure = {event.position, std::move(error)};
          return absl::CancelledError("an evolve failed");
        }
        progress.position = event.position;
        ++progress.events;
        evolved(event, *type);
        return absl::OkStatus();
      });
  if (!status.ok() && !over && !progress.failure) return status;
  return progress;
}

absl::StatusOr<StreamTable> load_streams(EventStore& log, const std::string& domain,
                                         std::uint64_t reached) {
  StreamTable streams;
  const auto visit = [&streams](const StreamInfo& stream) {
    streams.set_version(streams.key_of(stream.stream), stream.version);
    if (stream.deleted) streams.mark_deleted(stream.stream);
  };
  if (absl::Status s = log.visit_streams(domain, reached, visit); !s.ok()) return s;
  return streams;
}

}  // namespace composable::host
