// An EventRow is one stored event as its row holds it; event_checksum guards it. Any thread.
#pragma once
#include <cstdint>
#include <string_view>

#include "runtime/uuid.hpp"

namespace composable::host {

struct EventRow {
  std::uint64_t position = 0;
  std::uint64_t version = 0;
  std::int64_t stream_key = 0;
  std::int64_t type_key = 0;
  std::int64_t recorded_at_us = 0;
  Uuid id, correlation, cause;
  std::string_view actor, traceparent, data;
  std::int64_t audience = 0;  // 0: NULL
  std::string_view user;
};

// CRC-32C over every field, lengths included. A row without audience and user has the checksum that
// it had before there were such columns.
std::uint32_t event_checksum(const EventRow& row);

}  // namespace composable::host
