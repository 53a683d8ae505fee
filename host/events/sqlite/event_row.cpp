#include "events/sqlite/event_row.hpp"

#include <cstring>

#include "events/crc32c.hpp"

namespace composable::host {

std::uint32_t event_checksum(const EventRow& row) {
  const std::uint64_t numbers[] = {row.position,
                                   row.version,
                                   static_cast<std::uint64_t>(row.stream_key),
                                   static_cast<std::uint64_t>(row.type_key),
                                   static_cast<std::uint64_t>(row.recorded_at_us),
                                   row.actor.size(),
                                   row.traceparent.size(),
                                   row.data.size()};
  // In the host's byte order: the log does not move between machines of different order.
  unsigned char head[sizeof numbers + 3 * sizeof(Uuid::bytes)];
  std::memcpy(head, numbers, sizeof numbers);
  unsigned char* at = head + sizeof numbers;
  for (const Uuid* id : {&row.id, &row.correlation, &row.cause}) {
    std::memcpy(at, id->bytes.data(), id->bytes.size());
    at += id->bytes.size();
  }
  std::uint32_t crc = crc32c(0, head, sizeof head);
  for (const std::string_view part : {row.actor, row.traceparent, row.data}) {
    crc = crc32c(crc, part.data(), part.size());
  }
  if (row.audience != 0 || !row.user.empty()) {
    const std::uint64_t later[] = {static_cast<std::uint64_t>(row.audience), row.user.size()};
    crc = crc32c(crc, later, sizeof later);
    crc = crc32c(crc, row.user.data(), row.user.size());
  }
  return crc;
}

}  // namespace composable::host
