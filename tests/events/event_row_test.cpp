#include "events/sqlite/event_row.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

EventRow row() {
  EventRow row{7, 3, 2, 5, 1'700'000'000'000'000, {}, {}, {}, "ann", "00-trace", R"({"n":1})"};
  row.id.bytes.fill(1);
  row.correlation.bytes.fill(2);
  row.cause.bytes.fill(3);
  return row;
}

// The value is in the files of versions 1 and 2, computed here by other means: CRC-32C over the
// numbers, the three lengths, the ids and the texts.
TEST(EventRow, OneWithoutAudienceHasTheChecksumOfEarlierVersions) {
  EXPECT_EQ(event_checksum(row()), 0x3c969c70u);
}

TEST(EventRow, AudienceAndUserAreChecked) {
  EventRow audience = row(), user = row(), both = row();
  audience.audience = 3;
  user.user = "ann";
  both.audience = 3;
  both.user = "ann";
  EXPECT_NE(event_checksum(audience), event_checksum(row()));
  EXPECT_NE(event_checksum(user), event_checksum(row()));
  EXPECT_NE(event_checksum(both), event_checksum(audience));
  EXPECT_NE(event_checksum(both), event_checksum(user));
}

}  // namespace
}  // namespace composable::host
