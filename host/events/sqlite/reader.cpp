#include "events/sqlite/reader.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "events/sqlite/schema.hpp"

namespace composable::host {
namespace {

// A filtered page looks at no more positions than this, so that a rare type does not become one
// endless read transaction.
constexpr std::uint64_t kFilteredWindow = 20'000;

#define COMPOSABLE_EVENT_COLUMNS                                                    \
  "SELECT e.pos, e.ver, e.sid, e.tid, e.ts, e.id, e.correlation, e.cause, e.actor," \
  " e.traceparent, e.data, e.crc, s.name, t.name, s.domain, e.audience, e.user"     \
  " FROM event e CROSS JOIN stream s ON s.sid = e.sid CROSS JOIN type t ON t.tid = e.tid "

constexpr char kStreamForward[] = COMPOSABLE_EVENT_COLUMNS
    "WHERE e.sid = (SELECT sid FROM stream WHERE domain = ?5 AND name = ?1)"
    " AND e.ver >= ?2 AND e.ver >= s.first ORDER BY e.ver LIMIT ?3";
constexpr char kStreamBackward[] = COMPOSABLE_EVENT_COLUMNS
    "WHERE e.sid = (SELECT sid FROM stream WHERE domain = ?5 AND name = ?1)"
    " AND e.ver BETWEEN ?4 AND ?2 AND e.ver >= s.first ORDER BY e.ver DESC LIMIT ?3";
constexpr char kAllForward[] = COMPOSABLE_EVENT_COLUMNS
    "WHERE e.pos BETWEEN ?1 AND ?2 AND e.ver >= s.first AND (?3 = '' OR s.domain = ?3)"
    " AND (?4 = '' OR t.name = ?4) ORDER BY e.pos LIMIT ?5";
constexpr char kAllBackward[] = COMPOSABLE_EVENT_COLUMNS
    "WHERE e.pos BETWEEN ?1 AND ?2 AND e.ver >= s.first AND (?3 = '' OR s.domain = ?3)"
    " AND (?4 = '' OR t.name = ?4) ORDER BY e.pos DESC LIMIT ?5";
constexpr char kReplay[] = COMPOSABLE_EVENT_COLUMNS
    "WHERE e.pos BETWEEN ?1 AND ?2 AND s.domain = ?3 AND e.ver >= s.first ORDER BY e.pos";

#undef COMPOSABLE_EVENT_COLUMNS

// The version and last position of the stream `s`, and what is left of it.
constexpr char kListStreams[] =
    "SELECT s.domain, s.name, (SELECT max(ver) FROM event WHERE sid = s.sid),"
    " (SELECT pos FROM event WHERE sid = s.sid ORDER BY ver DESC LIMIT 1), s.first,"
    " s.deleted FROM stream s"
    " WHERE s.domain = ?5 AND s.name >= ?1 AND s.name > ?2 AND (?3 IS NULL OR s.name < ?3)"
    " ORDER BY s.name LIMIT ?4";
constexpr char kVisitStreams[] =
    "SELECT s.domain, s.name,"
    " (SELECT ver FROM event WHERE sid = s.sid AND pos <= ?3 ORDER BY ver DESC LIMIT 1),"
    " (SELECT pos FROM event WHERE sid = s.sid AND pos <= ?3 ORDER BY ver DESC LIMIT 1),"
    " s.first, s.deleted FROM stream s WHERE s.domain = ?1 AND s.name > ?2 ORDER BY s.name LIMIT "
    "?4";
constexpr char kStreamInfo[] =
    "SELECT s.domain, s.name, (SELECT max(ver) FROM event WHERE sid = s.sid),"
    " (SELECT pos FROM event WHERE sid = s.sid ORDER BY ver DESC LIMIT 1), s.first,"
    " s.deleted FROM stream s"
    " WHERE s.domain = ?1 AND s.name = ?2";

constexpr char kTimers[] =
    "SELECT key, due, action_type, data, correlation, cause, actor, traceparent FROM timer"
    " WHERE domain = ?1 ORDER BY due, key";

std::int64_t page_size(std::size_t max) {
  return static_cast<std::int64_t>(std::clamp<std::size_t>(max, 1, kMaxPage));
}

// The least text above every text that begins with `prefix`; empty when there is none.
std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

StreamInfo info_of(const Statement& row) {
  return {std::string(row.bytes(0)),
          std::string(row.bytes(1)),
          static_cast<std::uint64_t>(row.integer(2)),
          static_cast<std::uint64_t>(row.integer(3)),
          static_cast<std::uint64_t>(row.integer(4)),
          row.integer(5) != 0};
}

}  // namespace

absl::StatusOr<SqliteReader> SqliteReader::open(const std::string& path, const std::string& vfs) {
  auto connection = Connection::open(path, Connection::Mode::kRead, vfs);
  if (!connection.ok()) return connection.status();
  SqliteReader reader(*std::move(connection));
  if (absl::Status s = apply_reader_settings(reader.connection_); !s.ok()) return s;
  if (absl::Status s = reader.prepare(); !s.ok()) return s;
  return reader;
}

absl::Status SqliteReader::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&head_, "SELECT max(pos) FROM event"}, {&stream_forward_, kStreamForward},
      {&stream_backward_, kStreamBackward},   {&all_forward_, kAllForward},
      {&all_backward_, kAllBackward},         {&replay_, kReplay},
      {&list_streams_, kListStreams},         {&visit_streams_, kVisitStreams},
      {&stream_info_, kStreamInfo},           {&timers_, kTimers},
  };
  for (const auto& [statement, sql] : statements) {
    auto prepared = connection_.prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::uint64_t> SqliteReader::head() {
  StatementReset reset(head_);
  const auto row = head_.step();
  if (!row.ok()) return row.status();
  return static_cast<std::uint64_t>(head_.integer(0));
}

absl::Status SqliteReader::read(const Statement& statement, Row& row) const {
  EventRow& event = row.event;
  event.position = static_cast<std::uint64_t>(statement.integer(0));
  event.version = static_cast<std::uint64_t>(statement.integer(1));
  event.stream_key = statement.integer(2);
  event.type_key = statement.integer(3);
  event.recorded_at_us = statement.integer(4);
  event.id = statement.id(5);
  event.correlation = statement.id(6);
  event.cause = statement.id(7);
  event.actor = statement.bytes(8);
  event.traceparent = statement.bytes(9);
  event.data = statement.bytes(10);
  row.stream = statement.bytes(12);
  row.type = statement.bytes(13);
  row.domain = statement.bytes(14);
  event.audience = statement.integer(15);
  event.user = statement.bytes(16);
  const std::uint32_t found = event_checksum(event);
  const std::int64_t stored = statement.integer(11);
  if (stored == found) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat(
      "%s: the event at position %d is damaged, found crc32c %08x, needed %08x; "
      "restore a backup",
      sqlite3_db_filename(connection_.get(), "main"), event.position, found, stored));
}

absl::Status SqliteReader::collect(Statement& statement, std::size_t max,
                                   std::vector<StoredEvent>& events) {
  StatementReset reset(statement);
  Row row;
  while (events.size() < max) {
    const auto more = statement.step();
    if (!more.ok()) return more.status();
    if (!*more) break;
    if (absl::Status s = read(statement, row); !s.ok()) return s;
    const EventRow& e = row.event;
    events.push_back(
        {.position = e.position,
         .version = e.version,
         .domain = std::string(row.domain),
         .stream = std::string(row.stream),
         .id = e.id,
         .type = std::string(row.type),
         .recorded_at_us = e.recorded_at_us,
         .meta = {e.correlation, e.cause, std::string(e.actor), std::string(e.traceparent)},
         .data = std::string(e.data),
         .audience = static_cast<Audience>(std::clamp<std::int64_t>(e.audience, 0, 255)),
         .user = std::string(e.user)});
  }
  return absl::OkStatus();
}

absl::StatusOr<EventPage> SqliteReader::read_stream(std::string_view domain,
                                                    std::string_view stream,
                                                    std::uint64_t from_version, Direction direction,
                                                    std::size_t max) {
  const auto info = stream_info(domain, stream);
  if (!info.ok()) return info.status();
  EventPage page;
  if (info->version == 0) return page;
  const bool forward = direction == Direction::kForward;
  const std::uint64_t first = info->first_version;
  const std::uint64_t from =
      forward ? std::max(from_version, first) : std::min(from_version, info->version);
  Statement& statement = forward ? stream_forward_ : stream_backward_;
  statement.bind_text(1, stream);
  statement.bind(2, from);
  statement.bind(3, page_size(max));
  if (!forward) statement.bind(4, first);  // so that removed rows are not searched
  statement.bind_text(5, domain);
  if (absl::Status s = collect(statement, kMaxPage, page.events); !s.ok()) return s;
  page.next = from;
  if (!page.events.empty()) {
    page.next = forward ? page.events.back().version + 1 : page.events.back().version - 1;
  }
  page.more = page.next >= first && page.next <= info->version;
  return page;
}

absl::StatusOr<EventPage> SqliteReader::read_all(std::uint64_t from_position, Direction direction,
                                                 std::size_t max, const EventFilter& filter) {
  const auto last = head();
  if (!last.ok()) return last.status();
  EventPage page;
  const bool forward = direction == Direction::kForward;
  const bool filtered = !filter.domain.empty() || !filter.type.empty();
  const std::uint64_t window = filtered ? kFilteredWindow : kMaxPage;
  std::uint64_t low = 0, high = 0;
  if (forward) {
    low = std::max<std::uint64_t>(from_position, 1);
    high = low > *last ? *last : std::min(*last, low + window - 1);
  } else {
    high = std::min(from_position, *last);
    low = high > window ? high - window + 1 : 1;
  }
  Statement& statement = forward ? all_forward_ : all_backward_;
  statement.bind(1, low);
  statement.bind(2, high);
  statement.bind_text(3, filter.domain);
  statement.bind_text(4, filter.type);
  statement.bind(5, page_size(max));
  if (absl::Status s = collect(statement, kMaxPage, page.events); !s.ok()) return s;
  const bool full = page.events.size() == static_cast<std::size_t>(page_size(max));
  if (forward) {
    page.next = full ? page.events.back().position + 1 : std::max(low, high + 1);
  } else {
    page.next = full ? page.events.back().position - 1 : low - 1;
  }
  page.more = page.next >= 1 && page.next <= *last;
  return page;
}

absl::StatusOr<std::uint64_t> SqliteReader::replay_page(
    std::string_view domain, std::uint64_t from_position,
    const std::function<absl::Status(const EventStore::EventView&)>& visit) {
  const auto last = head();
  if (!last.ok()) return last.status();
  const std::uint64_t low = std::max<std::uint64_t>(from_position, 1);
  if (low > *last) return 0;
  const std::uint64_t high = std::min(*last, low + kMaxPage - 1);
  StatementReset reset(replay_);
  replay_.bind(1, low);
  replay_.bind(2, high);
  replay_.bind_text(3, domain);
  Row row;
  while (true) {
    const auto more = replay_.step();
    if (!more.ok()) return more.status();
    if (!*more) return high + 1;
    if (absl::Status s = read(replay_, row); !s.ok()) return s;
    const EventRow& e = row.event;
    const absl::Status visited = visit({e.position, e.version, row.stream, row.type, e.data,
                                        e.actor, e.recorded_at_us, e.id, e.correlation, e.cause});
    if (!visited.ok()) return visited;
  }
}

absl::StatusOr<std::vector<StreamInfo>> SqliteReader::list_streams(std::string_view domain,
                                                                   std::string_view prefix,
                                                                   std::string_view after,
                                                                   std::size_t max) {
  StatementReset reset(list_streams_);
  const std::string end = prefix_end(prefix);
  list_streams_.bind_text(1, prefix);
  list_streams_.bind_text(2, after);
  list_streams_.bind_text_or_null(3, end);
  list_streams_.bind(4, page_size(max));
  list_streams_.bind_text(5, domain);
  std::vector<StreamInfo> found;
  while (true) {
    const auto more = list_streams_.step();
    if (!more.ok()) return more.status();
    if (!*more) return found;
    found.push_back(info_of(list_streams_));
  }
}

absl::StatusOr<bool> SqliteReader::visit_streams(
    std::string_view domain, std::uint64_t position, std::string& after,
    const std::function<void(const StreamInfo&)>& visit) {
  StatementReset reset(visit_streams_);
  visit_streams_.bind_text(1, domain);
  visit_streams_.bind_text(2, after);
  visit_streams_.bind(3, position);
  visit_streams_.bind(4, static_cast<std::int64_t>(kMaxPage));
  StreamInfo last;
  for (std::size_t found = 0;; ++found) {
    const auto more = visit_streams_.step();
    if (!more.ok()) return more.status();
    if (!*more) {
      // What is bound is not copied, so `after` may change only now.
      if (found > 0) after = std::move(last.stream);
      return found == kMaxPage;
    }
    last = info_of(visit_streams_);
    if (last.version > 0) visit(last);
  }
}

absl::StatusOr<StreamInfo> SqliteReader::stream_info(std::string_view domain,
                                                     std::string_view stream) {
  StatementReset reset(stream_info_);
  stream_info_.bind_text(1, domain);
  stream_info_.bind_text(2, stream);
  const auto row = stream_info_.step();
  if (!row.ok()) return row.status();
  return *row ? info_of(stream_info_) : StreamInfo{std::string(domain), std::string(stream)};
}

absl::StatusOr<std::vector<StoredTimer>> SqliteReader::load_timers(std::string_view domain) {
  StatementReset reset(timers_);
  timers_.bind_text(1, domain);
  std::vector<StoredTimer> found;
  while (true) {
    const auto more = timers_.step();
    if (!more.ok()) return more.status();
    if (!*more) return found;
    StoredTimer timer;
    timer.key = std::string(timers_.bytes(0));
    timer.due_us = timers_.integer(1);
    timer.action_type = std::string(timers_.bytes(2));
    timer.data = std::string(timers_.bytes(3));
    timer.meta = {timers_.id(4), timers_.id(5), std::string(timers_.bytes(6)),
                  std::string(timers_.bytes(7))};
    timer.domain = std::string(domain);
    found.push_back(std::move(timer));
  }
}

}  // namespace composable::host
