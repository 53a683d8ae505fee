#include "events/memory/event_store.hpp"

#include <algorithm>
#include <optional>

#include "absl/strings/str_format.h"
#include "runtime/loop_thread.hpp"
#include "runtime/rng.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kMaxPage = 1000;

Uuid new_epoch(Clock& clock) {
  SystemRng rng;
  return Uuid::v7(clock.unix_micros(), rng);
}

std::size_t page_size(std::size_t max) { return std::clamp<std::size_t>(max, 1, kMaxPage); }

bool begins_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

std::size_t timer_bytes(const TimerWrite& timer) {
  return sizeof(StoredTimer) + timer.key.size() + timer.action_type.size() + timer.data.size();
}

std::size_t event_bytes(const StoredEvent& event) {
  return sizeof(StoredEvent) + event.domain.size() + event.stream.size() + event.type.size() +
         event.data.size() + event.user.size();
}

StreamInfo info_of(std::string_view domain, const std::string& stream, const StreamHead& head) {
  return {std::string(domain), stream,      head.version, head.last_position,
          head.first_version,  head.deleted};
}

EventStore::EventView view_of(const StoredEvent& e) {
  return {e.position,       e.version, e.stream,           e.type,      e.data, e.meta.actor,
          e.recorded_at_us, e.id,      e.meta.correlation, e.meta.cause};
}

}  // namespace

// What append_rules asks. Lives while the lock is held.
class MemoryEventStore::Index final : public LogIndex {
 public:
  explicit Index(MemoryEventStore& store) : store_(store) {}

  absl::StatusOr<StreamHead*> stream(const std::string& domain, const std::string& name) override
      ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (Stream* const found = store_.find_to_change(domain, name)) return &found->head;
    none_ = StreamHead{};
    return &none_;
  }

  absl::StatusOr<std::optional<EventPlace>> event(const Uuid& id) override
      ABSL_NO_THREAD_SAFETY_ANALYSIS {
    const auto it = store_.positions_by_id_.find(id);
    if (it == store_.positions_by_id_.end()) return std::nullopt;
    const StoredEvent& event = store_.at(it->second);
    return EventPlace{event.position, event.version, event.domain, event.stream};
  }

 private:
  MemoryEventStore& store_;
  StreamHead none_;
};

MemoryEventStore::MemoryEventStore(Clock& clock, MemoryStoreOptions options)
    : epoch_(new_epoch(clock)),
      options_(options),
      snapshots_(commits_, clock),
      checkpoints_(epoch_, commits_, clock, options.checkpoints),
      dead_letters_(clock, options.dead_letters) {}

void MemoryEventStore::append(std::unique_ptr<AppendRequest> request, AppendListener& listener) {
  const bool malformed = refuse_malformed(*request);
  std::uint64_t ticket = 0;
  {
    const MutexLock lock(mutex_);
    if (!malformed) check_and_write(*request);
    if (!is_stored(request->result.code)) flights_.failed(*request);
    answered_.push_back({std::move(request), &listener});
    ticket = ++tickets_;
  }
  deliver(ticket);
  commits_.wake();
}

void MemoryEventStore::check_and_write(AppendRequest& request) {
  if (flights_.refuses(request)) {
    request.result.code = AppendCode::kUnavailable;
    request.result.message = kFlightFailed;
    return;
  }
  if (closed_) {
    request.result.code = AppendCode::kShuttingDown;
    request.result.message = "memory: the store is shutting down; try again later";
    return;
  }
  Index index(*this);
  if (*refuse_by_log(request, index)) return;
  if (request.resolve_only) {
    request.result.code = AppendCode::kAbsent;
    return;
  }
  const std::size_t bytes = request_bytes(request);
  full_ = bytes_ + bytes > options_.max_bytes;
  if (full_) {
    request.result.code = AppendCode::kUnavailable;
    request.result.message = absl::StrFormat(
        "memory: full, %d bytes are kept of at most %d; use sqlite:", bytes_, options_.max_bytes);
    return;
  }
  write(request);
}

absl::Status MemoryEventStore::try_to_write(std::size_t bytes) {
  assert_may_block("writing to the log");
  const MutexLock lock(mutex_);
  if (closed_) return absl::UnavailableError("memory: the store is shutting down");
  full_ = bytes_ + bytes > options_.max_bytes;
  if (!full_) return absl::OkStatus();
  return absl::UnavailableError(absl::StrFormat(
      "memory: full, %d bytes are kept of at most %d; use sqlite:", bytes_, options_.max_bytes));
}

void MemoryEventStore::write(AppendRequest& request) {
  ++appends_;
  if (!request.streams.empty()) request.result.first_position = events_.size() + 1;
  for (const StreamAppend& append : request.streams) {
    Stream& stream = streams_[request.domain][append.stream];
    StreamHead& head = stream.head;
    head.key = 1;
    request.result.first_versions.push_back(head.version + 1);
    for (const NewEvent& event : append.events) {
      const std::uint64_t position = events_.size() + 1;
      events_.push_back(
          std::make_shared<StoredEvent>(StoredEvent{.position = position,
                                                    .version = ++head.version,
                                                    .domain = request.domain,
                                                    .stream = append.stream,
                                                    .id = event.id,
                                                    .type = event.type,
                                                    .recorded_at_us = request.recorded_at_us,
                                                    .meta = request.meta,
                                                    .data = event.data,
                                                    .audience = event.audience,
                                                    .user = event.user}));
      head.last_position = position;
      stream.positions.push_back(position);
      positions_by_id_.emplace(event.id, position);
      bytes_ += event_bytes(at(position));
    }
  }
  write_timers(request);
  commits_.advance(events_.size());
}

void MemoryEventStore::write_timers(const AppendRequest& request) {
  const auto erase = [&](const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto it = timers_.find(std::pair(request.domain, key));
    if (it == timers_.end()) return;
    bytes_ -= timer_bytes(it->second);
    timers_.erase(it);
  };
  for (const std::string& key : request.cancelled_timers) erase(key);
  for (const TimerWrite& timer : request.timers) {
    erase(timer.key);
    bytes_ += timer_bytes(timer);
    timers_[{request.domain, timer.key}] = StoredTimer{timer, request.domain};
  }
}

void MemoryEventStore::deliver(std::uint64_t ticket) {
  const std::thread::id me = std::this_thread::get_id();
  const MutexLock lock(mutex_);
  const bool nested = delivering_ && deliverer_ == me;
  if (!nested) {
    while (delivering_) delivery_over_.wait(mutex_);
    delivering_ = true;
    deliverer_ = me;
  }
  while (delivered_ < ticket) {
    std::vector<QueuedAppend> one;
    one.push_back(std::move(answered_.front()));
    answered_.pop_front();
    ++delivered_;
    mutex_.unlock();
    hand_back(one);
    mutex_.lock();
  }
  if (nested) return;
  delivering_ = false;
  delivery_over_.notify_one();
}

const MemoryEventStore::Stream* MemoryEventStore::find(std::string_view domain,
                                                       std::string_view stream) const {
  const auto of_domain = streams_.find(domain);
  if (of_domain == streams_.end()) return nullptr;
  const auto it = of_domain->second.find(stream);
  return it == of_domain->second.end() ? nullptr : &it->second;
}

absl::StatusOr<EventPage> MemoryEventStore::read_stream(std::string_view domain,
                                                        std::string_view stream,
                                                        std::uint64_t from_version,
                                                        Direction direction, std::size_t max) {
  assert_may_block("reading the log");
  EventPage page;
  const MutexLock lock(mutex_);
  const Stream* const found = find(domain, stream);
  if (found == nullptr) return page;
  const std::vector<std::uint64_t>& positions = found->positions;
  const std::uint64_t first = found->head.first_version;
  const bool forward = direction == Direction::kForward;
  std::uint64_t version = forward ? std::max(from_version, first)
                                  : std::min<std::uint64_t>(from_version, positions.size());
  for (; version >= first && version <= positions.size(); forward ? ++version : --version) {
    page.next = version;
    page.more = page.events.size() == page_size(max);
    if (page.more) return page;
    page.events.push_back(at(positions[version - 1]));
  }
  page.next = version;
  return page;
}

absl::StatusOr<EventPage> MemoryEventStore::read_all(std::uint64_t from_position,
                                                     Direction direction, std::size_t max,
                                                     const EventFilter& filter) {
  assert_may_block("reading the log");
  EventPage page;
  const MutexLock lock(mutex_);
  const bool forward = direction == Direction::kForward;
  std::uint64_t position = forward ? std::max<std::uint64_t>(from_position, 1)
                                   : std::min<std::uint64_t>(from_position, events_.size());
  for (; position >= 1 && position <= events_.size(); forward ? ++position : --position) {
    page.next = position;
    page.more = page.events.size() == page_size(max);
    if (page.more) return page;
    const StoredEvent& event = at(position);
    if (!filter.type.empty() && event.type != filter.type) continue;
    if (!filter.domain.empty() && event.domain != filter.domain) continue;
    if (is_removed(event)) continue;
    page.events.push_back(event);
  }
  page.next = position;
  return page;
}

absl::Status MemoryEventStore::replay(std::string_view domain, std::uint64_t from_position,
                                      const std::function<absl::Status(const EventView&)>& visit) {
  assert_may_block("reading the log");
  std::uint64_t next = std::max<std::uint64_t>(from_position, 1);
  std::vector<std::shared_ptr<const StoredEvent>> page;
  do {
    page.clear();
    {
      const MutexLock lock(mutex_);
      for (; next <= events_.size() && page.size() < kMaxPage; ++next) {
        const StoredEvent& event = at(next);
        if (event.domain == domain && !is_removed(event)) page.push_back(events_[next - 1]);
      }
    }
    for (const auto& event : page) {
      if (absl::Status status = visit(view_of(*event)); !status.ok()) return status;
    }
  } while (page.size() == kMaxPage);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StreamInfo>> MemoryEventStore::list_streams(std::string_view domain,
                                                                       std::string_view prefix,
                                                                       std::string_view after,
                                                                       std::size_t max) {
  assert_may_block("reading the log");
  std::vector<StreamInfo> found;
  const MutexLock lock(mutex_);
  const auto of_domain = streams_.find(domain);
  if (of_domain == streams_.end()) return found;
  const Streams& streams = of_domain->second;
  auto it = after < prefix ? streams.lower_bound(prefix) : streams.upper_bound(after);
  for (; it != streams.end() && begins_with(it->first, prefix); ++it) {
    if (found.size() == page_size(max)) break;
    found.push_back(info_of(domain, it->first, it->second.head));
  }
  return found;
}

absl::Status MemoryEventStore::visit_streams(std::string_view domain, std::uint64_t position,
                                             const std::function<void(const StreamInfo&)>& visit) {
  assert_may_block("reading the log");
  const MutexLock lock(mutex_);
  const auto of_domain = streams_.find(domain);
  if (of_domain == streams_.end()) return absl::OkStatus();
  for (const auto& [name, stream] : of_domain->second) {
    const auto end = std::upper_bound(stream.positions.begin(), stream.positions.end(), position);
    if (end == stream.positions.begin()) continue;
    StreamInfo info = info_of(domain, name, stream.head);
    info.version = static_cast<std::uint64_t>(end - stream.positions.begin());
    info.last_position = *std::prev(end);
    visit(info);
  }
  return absl::OkStatus();
}

absl::StatusOr<StreamInfo> MemoryEventStore::stream_info(std::string_view domain,
                                                         std::string_view stream) {
  assert_may_block("reading the log");
  const MutexLock lock(mutex_);
  const Stream* const found = find(domain, stream);
  return info_of(domain, std::string(stream), found == nullptr ? StreamHead{} : found->head);
}

bool MemoryEventStore::is_removed(const StoredEvent& event) const {
  return event.version < find(event.domain, event.stream)->head.first_version;
}

void MemoryEventStore::erase(Stream& stream, std::uint64_t before_version) {
  StreamHead& head = stream.head;
  const std::uint64_t end = std::min(before_version, head.version + 1);
  for (; head.first_version < end; ++head.first_version) {
    std::shared_ptr<const StoredEvent>& event =
        events_[stream.positions[head.first_version - 1] - 1];
    StoredEvent shell = *event;
    shell.meta = {};
    shell.data = {};
    shell.user = {};
    bytes_ -= event_bytes(*event) - event_bytes(shell);
    event = std::make_shared<StoredEvent>(std::move(shell));
  }
}

absl::Status MemoryEventStore::truncate_stream(const std::string& domain, const std::string& stream,
                                               std::uint64_t before_version) {
  assert_may_block("writing to the log");
  const MutexLock lock(mutex_);
  Stream* const found = find_to_change(domain, stream);
  if (found == nullptr) return check_known_stream(domain, stream, {});
  erase(*found, before_version);
  return absl::OkStatus();
}

absl::Status MemoryEventStore::delete_stream(const std::string& domain, const std::string& stream) {
  assert_may_block("writing to the log");
  const MutexLock lock(mutex_);
  Stream* const found = find_to_change(domain, stream);
  if (found == nullptr) return check_known_stream(domain, stream, {});
  found->head.deleted = true;
  erase(*found, found->head.version + 1);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredTimer>> MemoryEventStore::load_timers(std::string_view domain) {
  assert_may_block("reading the log");
  std::vector<StoredTimer> found;
  {
    const MutexLock lock(mutex_);
    auto it = timers_.lower_bound({std::string(domain), ""});
    for (; it != timers_.end() && it->first.first == domain; ++it) found.push_back(it->second);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const StoredTimer& a, const StoredTimer& b) { return a.due_us < b.due_us; });
  return found;
}

EventStoreStats MemoryEventStore::stats() {
  const MutexLock lock(mutex_);
  EventStoreStats stats;
  stats.head = stats.events = events_.size();
  stats.commits = stats.appends = appends_;
  return stats;
}

absl::Status MemoryEventStore::health() {
  const MutexLock lock(mutex_);
  if (closed_) return absl::UnavailableError("memory: the store is shut down");
  if (full_) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "memory: full, %d bytes are kept of at most %d; use sqlite:", bytes_, options_.max_bytes));
  }
  return absl::OkStatus();
}

absl::Status MemoryEventStore::backup(const std::string&) {
  return absl::UnimplementedError("backup: memory: keeps nothing to back up; use sqlite:");
}

void MemoryEventStore::shutdown() {
  const MutexLock lock(mutex_);
  closed_ = true;
}

}  // namespace composable::host
