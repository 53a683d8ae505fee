// A log that was damaged while no host ran: either it is served whole, or it is refused, and the
// text says what is missing. Never fewer events in silence.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "events/sqlite/proof.hpp"
#include "sqlite_fixture.hpp"

namespace composable::host::testing {
namespace {

constexpr std::uint64_t kEvents = 300;
constexpr std::int64_t kPage = 4096;

class ProvedLog : public SqliteStore {
 protected:
  // Of two domains, ten streams each, in turn.
  void fill() {
    for (std::uint64_t i = 0; i < kEvents; ++i) {
      const std::string domain = i % 2 == 0 ? "orders" : "payments";
      StreamAppend s = to(domain + "-" + std::to_string(i % 20), Expected::kAny);
      s.events[0].data = R"({"secret":")" + std::string(100, 'x') + "\"}";
      store_->append(request({std::move(s)}, domain), answers_);
    }
    answers_.wait_for(kEvents);
    store_.reset();
  }
  std::uint64_t replayed(EventStore& store, const std::string& domain) {
    std::uint64_t events = 0;
    const absl::Status status = store.replay(domain, 1, [&](const EventStore::EventView&) {
      ++events;
      return absl::OkStatus();
    });
    if (status.ok()) return events;
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    expect_useful(std::string(status.message()));
    return 0;
  }
  static void expect_useful(const std::string& text) {
    EXPECT_NE(text.find("events.db"), std::string::npos) << text;
    EXPECT_NE(text.find("restore"), std::string::npos) << text;
    EXPECT_EQ(text.find("secret"), std::string::npos) << "a payload in " << text;
  }
  std::string refusal() {
    const absl::Status status = opening();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    return std::string(status.message());
  }
  std::string domain_refusal(const std::string& domain) {
    const absl::Status status =
        store_->replay(domain, 1, [](const EventStore::EventView&) { return absl::OkStatus(); });
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    return std::string(status.message());
  }
  AppendResult append_to(const std::string& domain) {
    return testing::append(*store_, request({to(domain + "-new", Expected::kAny)}, domain));
  }
};

enum class Damage : std::uint8_t { kZeros, kOnes, kAnotherPage };

class DamagedPage : public ProvedLog, public ::testing::WithParamInterface<Damage> {};

TEST_P(DamagedPage, IsRefusedOrServedWhole) {
  fill();
  const std::string kept = directory_.file("kept.db");
  std::filesystem::copy(path_, kept);
  const auto pages = static_cast<std::int64_t>(std::filesystem::file_size(kept)) / kPage;
  ASSERT_GT(pages, 30);
  int refused = 0, refused_domains = 0, whole = 0;
  for (std::int64_t page = 0; page < pages; ++page) {
    SCOPED_TRACE("page " + std::to_string(page + 1));
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
    std::filesystem::copy(kept, path_, std::filesystem::copy_options::overwrite_existing);
    std::string bytes(kPage, GetParam() == Damage::kZeros ? '\0' : '\xff');
    if (GetParam() == Damage::kAnotherPage) {
      std::ifstream from(kept, std::ios::binary);
      from.seekg((page + 7) % pages * kPage);
      from.read(bytes.data(), kPage);
    }
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(page * kPage);
    file.write(bytes.data(), kPage);
    file.close();
    auto store = SqliteEventStore::open(path_, {}, system_clock());
    if (!store.ok()) {
      ++refused;
      expect_useful(std::string(store.status().message()));
      continue;
    }
    const std::uint64_t served = replayed(**store, "orders") + replayed(**store, "payments");
    EXPECT_EQ(served + (*store)->proof().damaged.size() * kEvents / 2, kEvents);
    (*store)->proof().damaged.empty() ? ++whole : ++refused_domains;
  }
  RecordProperty("refused", refused);
  RecordProperty("refused_domains", refused_domains);
  RecordProperty("whole", whole);
  EXPECT_GT(refused, pages / 2);
}

std::string name_of_damage(const ::testing::TestParamInfo<Damage>& of) {
  switch (of.param) {
    case Damage::kZeros:
      return "Zeros";
    case Damage::kOnes:
      return "Ones";
    case Damage::kAnotherPage:
      return "AnotherPage";
  }
  return "";
}

INSTANTIATE_TEST_SUITE_P(With, DamagedPage,
                         ::testing::Values(Damage::kZeros, Damage::kOnes, Damage::kAnotherPage),
                         name_of_damage);

TEST_F(ProvedLog, OneThatIsWholeSaysSo) {
  fill();
  open();
  EXPECT_EQ(store_->proof().events, kEvents);
  EXPECT_EQ(store_->proof().head, kEvents);
  EXPECT_TRUE(store_->proof().damaged.empty());
}

TEST_F(ProvedLog, ARowDeletedInTheMiddleRefusesItsDomainOnly) {
  fill();
  tamper("DELETE FROM event WHERE pos = 101");  // the sixth of orders-0
  open();
  EXPECT_EQ(domain_refusal("orders"),
            path_ +
                ": the events of domain orders are damaged: position 121: before it versions 6 "
                "to 6 of its stream are missing; the domain is not served, the others are; "
                "restore a backup");
  EXPECT_EQ(append_to("orders").code, AppendCode::kUnavailable);
  EXPECT_EQ(replayed(*store_, "payments"), kEvents / 2);
  EXPECT_EQ(append_to("payments").code, AppendCode::kOk);
}

TEST_F(ProvedLog, TheFirstRowDeletedRefusesItsDomainOnly) {
  fill();
  tamper("DELETE FROM event WHERE pos = 1");
  open();
  EXPECT_NE(domain_refusal("orders").find("versions 1 to 1 of its stream are missing"),
            std::string::npos);
  EXPECT_EQ(replayed(*store_, "payments"), kEvents / 2);
}

TEST_F(ProvedLog, AMissingPositionThatNoStreamTellsOfRefusesAll) {
  fill();
  tamper("DELETE FROM event WHERE pos = 290");  // the last of its stream
  EXPECT_EQ(refusal(), path_ +
                           ": the log is damaged: found 299 events up to position 300, missing are "
                           "positions 290; it is unknown which domains this concerns, so none is "
                           "served; stop the host, keep a copy of the file, and restore a backup");
}

TEST_F(ProvedLog, RowsDeletedAtTheEndRefuseAll) {
  fill();
  tamper("DELETE FROM event WHERE pos > 297");
  EXPECT_EQ(refusal(), path_ +
                           ": the log ends at position 297, but events up to position 300 were "
                           "acknowledged: positions 298 to 300 are missing; restore a backup, "
                           "or the files as they were; to go on without these events remove " +
                           path_ + ".head");
  std::filesystem::remove(path_ + ".head");
  EXPECT_TRUE(opening().ok());
}

TEST_F(ProvedLog, AllRowsDeletedRefuseAll) {
  fill();
  tamper("DELETE FROM event");
  EXPECT_NE(refusal().find("positions 1 to 300 are missing"), std::string::npos);
}

TEST_F(ProvedLog, AnEmptiedFileIsRefused) {
  fill();
  std::filesystem::resize_file(path_, 0);
  const std::string head = path_ + ".head";
  EXPECT_EQ(refusal(), path_ + ": empty, but events up to position 300 were acknowledged, says " +
                           head + "; restore the file, or a backup; to begin an empty log remove " +
                           head);
  EXPECT_EQ(std::filesystem::file_size(path_), 0u);
}

TEST_F(ProvedLog, AMissingFileIsRefusedAndNotMade) {
  fill();
  std::filesystem::remove(path_);
  EXPECT_NE(refusal().find(path_ + ": missing, but events up to position 300 were acknowledged"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path_));
  std::filesystem::remove(path_ + ".head");
  EXPECT_TRUE(opening().ok());
}

TEST_F(ProvedLog, AnEmptiedFileIsRefusedForItsWalToo) {
  testing::append(*store_, request({to("orders-1", Expected::kAny)}));
  const std::string other = directory_.file("other.db");
  std::filesystem::copy(path_ + "-wal", other + "-wal");
  std::ofstream(other).close();
  const absl::Status status = SqliteEventStore::open(other, {}, system_clock()).status();
  EXPECT_NE(status.message().find(other + ": empty, but its WAL has"), std::string::npos) << status;
  EXPECT_TRUE(std::filesystem::exists(other + "-wal"));
}

TEST_F(ProvedLog, AnOlderCopyOfTheFileIsRefusedButABackupIsNot) {
  const std::string copy = directory_.file("copy.db"), backup = directory_.file("backup.db");
  append(to("orders-1", Expected::kAny, 5));
  ASSERT_TRUE(store_->backup(backup).ok());
  store_.reset();
  std::filesystem::copy(path_, copy);
  open();
  append(to("orders-1", Expected::kAny, 2));
  store_.reset();
  const auto restore = [&](const std::string& from) {
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
    std::filesystem::copy(from, path_, std::filesystem::copy_options::overwrite_existing);
  };
  restore(copy);
  EXPECT_NE(refusal().find("positions 6 to 7 are missing"), std::string::npos);
  restore(backup);
  open();
  EXPECT_EQ(whole_log(*store_).size(), 5u);
}

TEST_F(ProvedLog, AChecksumThatIsOffRefusesItsDomainOnly) {
  fill();
  tamper("UPDATE event SET data = replace(data, 'x', 'y') WHERE pos IN (2, 4, 6, 8, 10)");
  open();
  const std::string text = domain_refusal("payments");
  EXPECT_NE(text.find("are damaged: position 2: found crc32c "), std::string::npos) << text;
  EXPECT_NE(text.find("; and 2 more; the domain is not served"), std::string::npos) << text;
  expect_useful(text);
  EXPECT_EQ(replayed(*store_, "orders"), kEvents / 2);
}

TEST_F(ProvedLog, AStreamThatIsGoneRefusesAllAndATypeItsDomain) {
  fill();
  tamper("UPDATE event SET tid = 99 WHERE pos = 1");
  open();
  EXPECT_NE(domain_refusal("orders").find("position 1: the name of its type is missing"),
            std::string::npos);
  tamper("DELETE FROM stream WHERE sid = 3");
  EXPECT_NE(refusal().find("the event at position 3 is of no stream"), std::string::npos);
}

TEST_F(ProvedLog, EventsThatWereMarkedAsRemovedAreNotSkippedInSilence) {
  fill();
  tamper("UPDATE stream SET first = 5 WHERE name = 'orders-0'");
  open();
  EXPECT_NE(domain_refusal("orders").find("position 1: below the first kept version 5"),
            std::string::npos);
}

TEST_F(ProvedLog, StreamsOfOneNameAreCountedByDomain) {
  for (int i = 0; i < 6; ++i) {
    const std::string domain = i % 2 == 0 ? "orders" : "payments";
    testing::append(*store_, request({to("customer-7", Expected::kAny)}, domain));
  }
  open();
  EXPECT_TRUE(store_->proof().damaged.empty());
  EXPECT_EQ(store_->proof().events, 6u);
  tamper("DELETE FROM event WHERE pos = 4");  // version 2 of payments' stream
  open();
  ASSERT_EQ(store_->proof().damaged.size(), 1u);
  EXPECT_NE(domain_refusal("payments").find("position 6: before it versions 2 to 2"),
            std::string::npos);
  EXPECT_EQ(replayed(*store_, "orders"), 3u);
}

TEST_F(ProvedLog, WhomAnEventIsForIsCheckedToo) {
  StreamAppend s = to("order-1", Expected::kAny);
  s.events[0].audience = Audience::kUser;
  s.events[0].user = "user-7";
  testing::append(*store_, request({std::move(s)}));
  const char* const changes[] = {"UPDATE event SET audience = 2",
                                 "UPDATE event SET audience = NULL",
                                 "UPDATE event SET audience = 3, user = 'user-8'"};
  for (const char* sql : changes) {
    tamper(sql);
    open();
    EXPECT_NE(domain_refusal("orders").find("position 1: found crc32c"), std::string::npos) << sql;
  }
  tamper("UPDATE event SET user = 'user-7'");
  open();
  EXPECT_TRUE(store_->proof().damaged.empty());
}

TEST_F(ProvedLog, RemovedEventsAreNoHoles) {
  fill();
  open();
  ASSERT_TRUE(store_->truncate_stream("orders", "orders-0", 5).ok());
  ASSERT_TRUE(store_->delete_stream("payments", "payments-1").ok());
  open();
  EXPECT_TRUE(store_->proof().damaged.empty());
  EXPECT_EQ(store_->proof().events, kEvents);
}

TEST_F(ProvedLog, AHeadFileThatIsGoneOrDamagedIsMadeAnew) {
  fill();
  std::ofstream(path_ + ".head") << "composable log head 1\nepoch ?";
  open();
  EXPECT_EQ(append_to("orders").first_position, kEvents + 1);
  store_.reset();
  tamper("DELETE FROM event WHERE pos = 301");
  EXPECT_NE(refusal().find("positions 301 to 301 are missing"), std::string::npos);
}

TEST_F(ProvedLog, AnotherProcessThatReadsDoesNotKeepItFromOpening) {
  fill();
  auto reader = Connection::open(path_, Connection::Mode::kRead, "");
  ASSERT_TRUE(reader->execute("BEGIN; SELECT count(*) FROM event").ok());
  open();
  EXPECT_EQ(append_to("orders").code, AppendCode::kOk);
  store_.reset();
  open();  // the reader still keeps the WAL, which has an event now
  ASSERT_NE(store_, nullptr);
  EXPECT_EQ(append_to("orders").first_position, kEvents + 2);
  ASSERT_TRUE(reader->execute("COMMIT").ok());
  open();
  EXPECT_EQ(whole_log(*store_).size(), kEvents + 2);
}

}  // namespace
}  // namespace composable::host::testing
