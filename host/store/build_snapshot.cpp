#include "store/build_snapshot.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "events/crc32c.hpp"
#include "observe/log.hpp"

namespace composable::host {
namespace {

// Raise it when reducers get another context for the same event: an older state is then not the one
// that the log makes.
constexpr int kToldRevision = 2;

// The builds that can read the bytes. The state may depend on the configuration too.
std::string key_of(const DomainHandle& domain) {
  const std::string& config = domain.config();
  return absl::StrFormat("%s/%u/%d/%08x", domain.build(), domain.state_schema(), kToldRevision,
                         crc32c(0, config.data(), config.size()));
}

void log_ignored(const DomainHandle& domain, std::uint64_t position, std::string_view reason) {
  log_warn(domain.name(), "snapshot_ignored", {{"position", position}, {"reason", reason}});
}

// Where the state is then: 0, and empty, without a snapshot that can be used.
absl::StatusOr<std::uint64_t> import_snapshot(EventStore& log, DomainHandle& domain,
                                              std::uint64_t until) {
  if (!leaves_snapshots(domain)) return 0;
  const absl::StatusOr<SnapshotFound> found = log.snapshots().load(domain.name(), key_of(domain));
  if (!found.ok()) {
    log_ignored(domain, 0, std::string(found.status().message()));
    return 0;
  }
  if (!found->ignored.empty()) log_ignored(domain, 0, found->ignored);
  if (!found->snapshot || found->snapshot->position > until) return 0;
  CallError error;
  if (domain.import_state(domain.state_schema(), found->snapshot->data, error) >= 0) {
    return found->snapshot->position;
  }
  log_ignored(domain, found->snapshot->position, error.message);
  if (absl::Status s = domain.recreate(); !s.ok()) return s;
  return 0;
}

absl::StatusOr<ReplayProgress> replay_after(EventStore& log, DomainHandle& domain,
                                            std::uint64_t position, std::uint64_t until) {
  auto progress = replay_log(log, domain, {.from = position + 1, .until = until},
                             [](const EventStore::EventView&, const ActionType&) {});
  if (progress.ok()) progress->position = std::max(progress->position, position);
  return progress;
}

}  // namespace

bool leaves_snapshots(const DomainHandle& domain) {
  return domain.durable() && domain.can_export() && !domain.build().empty();
}

absl::StatusOr<ReplayFromSnapshot> replay_from_snapshot(EventStore& log, DomainHandle& domain,
                                                        std::uint64_t until) {
  const absl::StatusOr<std::uint64_t> from = import_snapshot(log, domain, until);
  if (!from.ok()) return from.status();
  auto progress = replay_after(log, domain, *from, until);
  if (!progress.ok()) return progress.status();
  if (*from == 0 || !progress->failure) return ReplayFromSnapshot{*from, *std::move(progress)};
  // Perhaps the state of the snapshot was not what the log makes of it.
  log_ignored(domain, *from, progress->failure->error.message);
  if (absl::Status s = domain.recreate(); !s.ok()) return s;
  progress = replay_after(log, domain, 0, until);
  if (!progress.ok()) return progress.status();
  return ReplayFromSnapshot{0, *std::move(progress)};
}

std::optional<BuildSnapshot> take_snapshot(const DomainHandle& domain, std::uint64_t position) {
  BuildSnapshot snapshot{domain.name(), key_of(domain), position, {}};
  CallError error;
  if (domain.export_state(snapshot.data, error) >= 0) return snapshot;
  log_warn(domain.name(), "snapshot_failed", {{"position", position}, {"reason", error.message}});
  return std::nullopt;
}

std::optional<BuildSnapshot> snapshot_if_due(const DomainHandle& domain, std::uint64_t position,
                                             std::uint64_t events, std::uint64_t least) {
  if (events < least || !leaves_snapshots(domain)) return std::nullopt;
  return take_snapshot(domain, position);
}

void save_snapshot(EventStore& log, const BuildSnapshot& snapshot) {
  const absl::StatusOr<bool> saved =
      log.snapshots().save(snapshot.domain, snapshot.key, snapshot.position, snapshot.data);
  if (saved.ok()) {
    log_debug(snapshot.domain, "snapshot_saved",
              {{"position", snapshot.position}, {"bytes", snapshot.data.size()}});
  } else {
    log_warn(snapshot.domain, "snapshot_failed",
             {{"position", snapshot.position}, {"reason", std::string(saved.status().message())}});
  }
}

}  // namespace composable::host
