#include "events/append_rules.hpp"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

constexpr std::size_t kRequestOverhead = 256;
constexpr std::size_t kEventOverhead = 96;

bool refuse(AppendRequest& request, AppendCode code, std::string message) {
  request.result.code = code;
  request.result.message = std::move(message);
  return true;
}

bool invalid(AppendRequest& request, std::string message) {
  return refuse(request, AppendCode::kInvalid, std::move(message));
}

// True when refused.
bool check_name(AppendRequest& request, std::string_view what, std::string_view name) {
  if (!name.empty() && name.size() <= kMaxName) return false;
  return invalid(request, absl::StrFormat("append: a %s needs 1 to %d bytes, found %d; choose "
                                          "another name",
                                          what, kMaxName, name.size()));
}

bool check_data(AppendRequest& request, std::string_view what, std::string_view name,
                std::size_t size) {
  if (size <= kMaxEventData) return false;
  return invalid(request,
                 absl::StrFormat("append: %s %s has %d bytes of data, at most %d are kept; "
                                 "store it elsewhere and append a reference",
                                 what, name, size, kMaxEventData));
}

bool check_meta(AppendRequest& request, const EventMeta& meta) {
  if (meta.actor.size() <= kMaxMeta && meta.traceparent.size() <= kMaxMeta) return false;
  return invalid(request, absl::StrFormat("append: actor and traceparent take at most %d bytes, "
                                          "found %d and %d; shorten them",
                                          kMaxMeta, meta.actor.size(), meta.traceparent.size()));
}

bool check_timers(AppendRequest& request) {
  const std::size_t timers = request.timers.size() + request.cancelled_timers.size();
  if (timers > kMaxRequestTimers) {
    return invalid(request, absl::StrFormat("append: %d timers in one request, at most %d are "
                                            "taken; split it",
                                            timers, kMaxRequestTimers));
  }
  for (const TimerWrite& timer : request.timers) {
    if (check_name(request, "timer key", timer.key) ||
        check_name(request, "timer's action type", timer.action_type) ||
        check_data(request, "timer", timer.key, timer.data.size()) ||
        check_meta(request, timer.meta)) {
      return true;
    }
  }
  for (const std::string& key : request.cancelled_timers) {
    if (check_name(request, "timer key", key)) return true;
  }
  return false;
}

// `ids`: of the events before these; null when the request has one event.
bool check_stream(AppendRequest& request, const StreamAppend& stream,
                  absl::flat_hash_set<Uuid>* ids) {
  if (check_name(request, "stream", stream.stream)) return true;
  if (stream.events.empty()) {
    return invalid(request, absl::StrFormat("append: stream %s has no events; append at least one",
                                            stream.stream));
  }
  for (const NewEvent& event : stream.events) {
    if (check_name(request, "event type", event.type) ||
        check_data(request, "event", event.type, event.data.size())) {
      return true;
    }
    if (event.user.size() > kMaxMeta) {
      return invalid(request,
                     absl::StrFormat("append: the user of event %s takes at most %d bytes, "
                                     "found %d; shorten it",
                                     event.type, kMaxMeta, event.user.size()));
    }
    if (event.id.is_nil()) {
      return invalid(request, absl::StrFormat("append: event %s has no id; make a version 7 UUID",
                                              event.type));
    }
    if (ids != nullptr && !ids->insert(event.id).second) {
      return invalid(request, absl::StrFormat("append: event id %s is used twice in one request; "
                                              "make one for each event",
                                              event.id.text()));
    }
  }
  return false;
}

bool expectation_holds(const StreamAppend& append, const StreamHead& head) {
  switch (append.expected) {
    case Expected::kSeen:
      return head.last_position <= append.seen_position;
    case Expected::kAny:
      return true;
    case Expected::kNone:
      return head.version == 0;
    case Expected::kExists:
      return head.version > 0;
    case Expected::kExact:
      return head.version == append.exact_version;
  }
  return false;
}

// Checks whether the event ids are known: kDuplicate with the first result when all are, kInvalid
// when only some are or when they are in other streams.
absl::StatusOr<bool> refuse_known(AppendRequest& request, LogIndex& log) {
  std::size_t known = 0, events = 0;
  Uuid odd;
  std::uint64_t odd_position = 0;
  AppendResult first;
  for (const StreamAppend& append : request.streams) {
    first.first_versions.push_back(0);
    for (const NewEvent& event : append.events) {
      ++events;
      auto place = log.event(event.id);
      if (!place.ok()) return place.status();
      if (!place->has_value()) continue;
      odd = event.id;
      odd_position = (*place)->position;
      if ((*place)->stream != append.stream || (*place)->domain != request.domain) continue;
      ++known;
      if (first.first_position == 0) first.first_position = odd_position;
      if (first.first_versions.back() == 0) first.first_versions.back() = (*place)->version;
    }
  }
  if (odd_position == 0) return false;
  if (known < events) {
    return invalid(request,
                   absl::StrFormat("append: event id %s is already at position %d, but not "
                                   "all of this request is; make new ids",
                                   odd.text(), odd_position));
  }
  first.code = AppendCode::kDuplicate;
  request.result = std::move(first);
  return true;
}

}  // namespace

std::size_t request_bytes(const AppendRequest& request) {
  std::size_t bytes =
      kRequestOverhead + request.meta.actor.size() + request.meta.traceparent.size();
  for (const StreamAppend& append : request.streams) {
    bytes += append.stream.size();
    for (const NewEvent& event : append.events) {
      bytes += kEventOverhead + event.type.size() + event.data.size() + event.user.size();
    }
  }
  for (const TimerWrite& timer : request.timers) {
    bytes += kEventOverhead + timer.key.size() + timer.action_type.size() + timer.data.size();
  }
  for (const std::string& key : request.cancelled_timers) bytes += key.size();
  return bytes;
}

std::size_t request_events(const AppendRequest& request) {
  std::size_t events = 0;
  for (const StreamAppend& append : request.streams) events += append.events.size();
  return events;
}

bool refuse_malformed(AppendRequest& request) {
  if (check_name(request, "domain", request.domain) || check_meta(request, request.meta)) {
    return true;
  }
  if (request.streams.empty() && request.timers.empty() && request.cancelled_timers.empty()) {
    return invalid(request, "append: nothing to write; name a stream or a timer");
  }
  const std::size_t events = request_events(request), bytes = request_bytes(request);
  if (events > kMaxRequestEvents || bytes > kMaxRequestBytes) {
    return invalid(request,
                   absl::StrFormat("append: %d events of about %d bytes in one request, at "
                                   "most %d of %d are taken; split it",
                                   events, bytes, kMaxRequestEvents, kMaxRequestBytes));
  }
  absl::flat_hash_set<std::string_view> names;
  absl::flat_hash_set<Uuid> ids;
  for (std::size_t i = 0; i < request.streams.size(); ++i) {
    const StreamAppend& append = request.streams[i];
    request.result.stream_index = i;
    if (check_stream(request, append, events > 1 ? &ids : nullptr)) return true;
    if (request.streams.size() > 1 && !names.insert(append.stream).second) {
      return invalid(request, absl::StrFormat("append: stream %s is named twice; put its events "
                                              "into one entry",
                                              append.stream));
    }
  }
  request.result.stream_index = 0;
  return check_timers(request);
}

absl::StatusOr<bool> refuse_by_log(AppendRequest& request, LogIndex& log) {
  auto known = refuse_known(request, log);
  if (!known.ok() || *known) return known;
  for (std::size_t i = 0; i < request.streams.size(); ++i) {
    const StreamAppend& append = request.streams[i];
    auto found = log.stream(request.domain, append.stream);
    if (!found.ok()) return found.status();
    const StreamHead& head = **found;
    request.result.stream_index = i;
    if (head.deleted) {
      return refuse(request, AppendCode::kDeleted,
                    absl::StrFormat("append: stream %s was deleted at version %d and takes no more "
                                    "events; use a new stream",
                                    append.stream, head.version));
    }
    if (!expectation_holds(append, head)) {
      request.result.actual_version = head.version;
      return refuse(request, AppendCode::kConflict,
                    absl::StrFormat("append: stream %s is at version %d, which is not what was "
                                    "expected; decide again on its present state",
                                    append.stream, head.version));
    }
  }
  request.result.stream_index = 0;
  return false;
}

absl::Status check_known_stream(std::string_view domain, std::string_view stream,
                                const StreamHead& head) {
  if (head.version > 0) return absl::OkStatus();
  return absl::NotFoundError(absl::StrFormat(
      "stream %s: domain %s has none of this name; list its streams", stream, domain));
}

}  // namespace composable::host
