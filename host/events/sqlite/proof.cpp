#include "events/sqlite/proof.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_format.h"
#include "events/sqlite/event_row.hpp"
#include "events/sqlite/progress_reporter.hpp"

namespace composable::host {
namespace {

constexpr int kToldRanges = 3;  // of missing positions
constexpr int kToldFaults = 3;  // of one domain

// Positions that are not there, as text: the first few ranges.
class Missing {
 public:
  void add(std::uint64_t first, std::uint64_t last) {
    count_ += last - first + 1;
    if (++ranges_ > kToldRanges) return;
    if (!text_.empty()) text_ += ", ";
    text_ +=
        first == last ? absl::StrFormat("%d", first) : absl::StrFormat("%d to %d", first, last);
  }
  std::uint64_t count() const { return count_; }
  std::string text() const { return ranges_ > kToldRanges ? text_ + ", .." : text_; }

 private:
  std::uint64_t count_ = 0;
  int ranges_ = 0;
  std::string text_;
};

class Proof {
 public:
  explicit Proof(Connection& connection)
      : connection_(connection), file_(sqlite3_db_filename(connection.get(), "main")) {}

  absl::StatusOr<LogProof> make(std::uint64_t acknowledged, ProgressReporter& progress) {
    absl::Status status = check_file();
    if (status.ok()) status = read_names();
    if (status.ok()) status = read_events(progress);
    if (status.ok()) status = judge(acknowledged);
    if (!status.ok()) return status;
    for (auto& [domain, faults] : faults_) {
      proof_.damaged[domain] = absl::StrFormat(
          "%s: the events of domain %s are damaged: %s%s; the domain is not served, the others "
          "are; restore a backup",
          file_, domain, faults.text,
          faults.count > kToldFaults ? absl::StrFormat("; and %d more", faults.count - kToldFaults)
                                     : "");
    }
    return std::move(proof_);
  }

 private:
  struct Stream {
    std::uint32_t domain = 0;   // of domains_
    std::uint64_t first = 1;    // kept version
    std::uint64_t version = 0;  // the last one seen
  };
  struct Faults {
    std::string text;
    int count = 0;
  };

  absl::Status lost(std::string_view what) const {
    return absl::DataLossError(absl::StrFormat(
        "%s: the log is damaged: %s; it is unknown which domains this concerns, so none is "
        "served; stop the host, keep a copy of the file, and restore a backup",
        file_, what));
  }
  void blame(const std::string& domain, std::string what) {
    Faults& faults = faults_[domain];
    if (++faults.count > kToldFaults) return;
    if (!faults.text.empty()) faults.text += "; ";
    faults.text += what;
  }

  // Reads go through the indexes, so these must agree with the tables.
  absl::Status check_file() {
    auto check = connection_.prepare("PRAGMA integrity_check(2)");
    if (!check.ok()) return check.status();
    std::string found;
    while (true) {
      const auto row = check->step();
      if (absl::IsDataLoss(row.status())) return lost("SQLite finds it malformed");
      if (!row.ok()) return row.status();
      if (!*row) break;
      std::string line(check->bytes(0));
      if (line == "ok") continue;
      std::replace(line.begin(), line.end(), '\n', ' ');
      if (!found.empty()) found += "; ";
      found += line;
    }
    return found.empty() ? absl::OkStatus()
                         : lost(absl::StrFormat("SQLite's integrity_check finds: %s", found));
  }

  absl::Status read_names() {
    auto streams = connection_.prepare("SELECT sid, domain, first FROM stream");
    if (!streams.ok()) return streams.status();
    absl::flat_hash_map<std::string, std::uint32_t> numbers;
    while (true) {
      const auto row = streams->step();
      if (!row.ok()) return row.status();
      if (!*row) break;
      std::string domain(streams->bytes(1));
      const auto [number, is_new] =
          numbers.try_emplace(domain, static_cast<std::uint32_t>(domains_.size()));
      if (is_new) domains_.push_back(std::move(domain));
      streams_[streams->integer(0)] = {number->second,
                                       static_cast<std::uint64_t>(streams->integer(2)), 0};
    }
    auto types = connection_.prepare("SELECT tid FROM type");
    if (!types.ok()) return types.status();
    while (true) {
      const auto row = types->step();
      if (!row.ok()) return row.status();
      if (!*row) return absl::OkStatus();
      types_.insert(types->integer(0));
    }
  }

  absl::Status read_events(ProgressReporter& progress) {
    const auto last = connection_.integer("SELECT max(pos) FROM event");
    if (!last.ok()) return last.status();
    auto rows = connection_.prepare(
        "SELECT pos, ver, sid, tid, ts, id, correlation, cause, actor, traceparent, data, crc,"
        " audience, user"
        " FROM event NOT INDEXED ORDER BY pos");
    if (!rows.ok()) return rows.status();
    while (true) {
      const auto more = rows->step();
      if (absl::IsDataLoss(more.status())) return lost("SQLite finds it malformed");
      if (!more.ok()) return more.status();
      if (!*more) return absl::OkStatus();
      if (rows->integer(0) < 1) {
        return lost(absl::StrFormat("an event has position %d", rows->integer(0)));
      }
      EventRow event;
      event.position = static_cast<std::uint64_t>(rows->integer(0));
      event.version = static_cast<std::uint64_t>(rows->integer(1));
      event.stream_key = rows->integer(2);
      event.type_key = rows->integer(3);
      event.recorded_at_us = rows->integer(4);
      event.id = rows->id(5);
      event.correlation = rows->id(6);
      event.cause = rows->id(7);
      event.actor = rows->bytes(8);
      event.traceparent = rows->bytes(9);
      event.data = rows->bytes(10);
      event.audience = rows->integer(12);
      event.user = rows->bytes(13);
      if (absl::Status s = check(event, rows->integer(11)); !s.ok()) return s;
      if ((++proof_.events & 0xfff) == 0) {
        progress.moved(proof_.events, static_cast<std::uint64_t>(*last));
      }
    }
  }

  absl::Status check(const EventRow& event, std::int64_t stored) {
    if (event.position > proof_.head + 1) missing_.add(proof_.head + 1, event.position - 1);
    proof_.head = event.position;
    const auto found = streams_.find(event.stream_key);
    if (found == streams_.end()) {
      return lost(absl::StrFormat("the event at position %d is of no stream", event.position));
    }
    Stream& stream = found->second;
    const std::string& domain = domains_[stream.domain];
    if (event.version <= stream.version) {
      blame(domain, absl::StrFormat("position %d: found version %d after version %d of its stream",
                                    event.position, event.version, stream.version));
    } else if (event.version != stream.version + 1) {
      missing_versions_ += event.version - stream.version - 1;
      blame(domain,
            absl::StrFormat("position %d: before it versions %d to %d of its stream are missing",
                            event.position, stream.version + 1, event.version - 1));
    }
    stream.version = std::max(stream.version, event.version);
    if (!types_.contains(event.type_key)) {
      blame(domain,
            absl::StrFormat("position %d: the name of its type is missing", event.position));
    }
    if (event.version < stream.first) {
      if (stored == 0 && event.data.empty()) return absl::OkStatus();
      blame(domain, absl::StrFormat("position %d: below the first kept version %d of its stream, "
                                    "but not removed",
                                    event.position, stream.first));
    } else if (const std::uint32_t crc = event_checksum(event); stored != crc) {
      blame(domain, absl::StrFormat("position %d: found crc32c %08x, needed %08x", event.position,
                                    crc, stored));
    }
    return absl::OkStatus();
  }

  absl::Status judge(std::uint64_t acknowledged) {
    if (proof_.head < acknowledged) {
      return absl::DataLossError(absl::StrFormat(
          "%s: the log ends at position %d, but events up to position %d were acknowledged: "
          "positions %d to %d are missing; restore a backup, or the files as they were; to go on "
          "without these events remove %s.head",
          file_, proof_.head, acknowledged, proof_.head + 1, acknowledged, file_));
    }
    for (const auto& [key, stream] : streams_) {
      if (stream.version == 0) blame(domains_[stream.domain], "a stream has no events");
      if (stream.first > stream.version + 1) {
        blame(domains_[stream.domain],
              absl::StrFormat("a stream of %d versions is kept from version %d on", stream.version,
                              stream.first));
      }
    }
    // Each missing version shows which stream one missing position belonged to.
    if (missing_.count() <= missing_versions_) return absl::OkStatus();
    return lost(absl::StrFormat("found %d events up to position %d, missing are positions %s",
                                proof_.events, proof_.head, missing_.text()));
  }

  Connection& connection_;
  const std::string file_;
  LogProof proof_;
  std::vector<std::string> domains_;
  absl::flat_hash_map<std::int64_t, Stream> streams_;  // by sid
  absl::flat_hash_set<std::int64_t> types_;            // tids
  Missing missing_;
  std::uint64_t missing_versions_ = 0;
  std::map<std::string, Faults> faults_;
};

}  // namespace

absl::StatusOr<LogProof> prove_whole(Connection& connection, std::uint64_t acknowledged,
                                     const OpenProgress& progress) {
  const auto began = std::chrono::steady_clock::now();
  ProgressReporter reporter(sqlite3_db_filename(connection.get(), "main"),
                            "checking that the log is complete", "tables and indexes", "events",
                            progress);
  // One state of the log for all of it.
  if (absl::Status s = connection.execute("BEGIN"); !s.ok()) return s;
  auto proof = Proof(connection).make(acknowledged, reporter);
  (void)connection.execute("COMMIT");
  if (!proof.ok()) return proof.status();
  proof->micros = std::chrono::duration_cast<std::chrono::microseconds>(
                      std::chrono::steady_clock::now() - began)
                      .count();
  return proof;
}

}  // namespace composable::host
