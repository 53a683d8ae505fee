#include "events/subscription.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "events/crc32c.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kMaxCredit = 1'000'000;
constexpr std::size_t kPage = 256;  // events that are read ahead, at most

absl::Status check(const SubscriptionOptions& options) {
  if (options.credit == 0 || options.credit > kMaxCredit) {
    return absl::InvalidArgumentError(
        absl::StrFormat("subscription: a credit of %d events, 1 to %d are possible; name another",
                        options.credit, kMaxCredit));
  }
  const Partition& part = options.partition;
  if (part.index >= part.count) {
    return absl::InvalidArgumentError(
        absl::StrFormat("subscription: partition %d of %d does not exist; they count from 0",
                        part.index, part.count));
  }
  return absl::OkStatus();
}

}  // namespace

bool Partition::has(std::string_view stream) const {
  return count == 1 || crc32c(0, stream.data(), stream.size()) % count == index;
}

absl::StatusOr<std::unique_ptr<Subscription>> Subscription::open(EventStore& store,
                                                                 SubscriptionOptions options) {
  if (absl::Status s = check(options); !s.ok()) return s;
  std::unique_ptr<Subscription> subscription(new Subscription(store, std::move(options)));
  if (absl::Status s = subscription->begin(); !s.ok()) return s;
  return subscription;
}

Subscription::Subscription(EventStore& store, SubscriptionOptions options)
    : store_(store),
      options_(std::move(options)),
      epoch_(store.epoch()),
      credit_(options_.credit) {}

absl::Status Subscription::begin() {
  Cursor cursor{epoch_, 0, {}};
  switch (options_.from.place) {
    case From::Place::kBeginning:
      break;
    case From::Place::kEnd:
      cursor.position = store_.commits().head();
      break;
    case From::Place::kCursor:
      cursor = options_.from.cursor;
      break;
    case From::Place::kCheckpoint: {
      const auto saved = store_.checkpoints().load(options_.from.checkpoint);
      if (!saved.ok()) return saved.status();
      if (saved->has_value()) cursor = (*saved)->cursor;
      break;
    }
  }
  const auto ours = is_of_this_log(cursor);
  if (!ours.ok()) return ours.status();
  if (!*ours) state_ = State::kForeign;
  position_ = cursor.position;
  last_id_ = cursor.event_id;
  next_ = position_ + 1;
  return absl::OkStatus();
}

absl::StatusOr<bool> Subscription::is_of_this_log(const Cursor& cursor) {
  if (cursor.epoch != epoch_ || cursor.position > store_.commits().head()) return false;
  if (cursor.position == 0 || cursor.event_id.is_nil()) return true;
  const auto page = store_.read_all(cursor.position, Direction::kForward, 1, {});
  if (!page.ok()) return page.status();
  // A removed event cannot be compared any more.
  const bool is_there = !page->events.empty() && page->events[0].position == cursor.position;
  return !is_there || page->events[0].id == cursor.event_id;
}

absl::StatusOr<std::optional<Delivery>> Subscription::next(absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  while (true) {
    if (cancelled_.load()) return absl::CancelledError("subscription: cancelled");
    const std::uint64_t head = store_.commits().head();
    if (std::optional<Delivery> event = next_notice(head)) return event;
    if (!page_.empty() && credit_.load() > 0) return take();
    if (may_read(head)) {
      if (absl::Status s = fill(head); !s.ok()) return s;
    } else if (!store_.commits().wait([&] { return may_go_on(); }, deadline)) {
      return std::nullopt;
    }
  }
}

// What is not an event, and needs no credit.
std::optional<Delivery> Subscription::next_notice(std::uint64_t head) {
  if (state_ == State::kForeign) return EpochChanged{epoch_, head};
  if (state_ == State::kReading && page_.empty() && next_ > head) {
    state_ = State::kLive;
    return CaughtUp{position_};
  }
  if (lags(head)) {
    state_ = State::kReading;
    return Lagged{head - position_};
  }
  return std::nullopt;
}

Delivery Subscription::take() {
  credit_.fetch_sub(1);
  StoredEvent event = std::move(page_.front());
  page_.pop_front();
  position_ = event.position;
  last_id_ = event.id;
  if (page_.empty()) pass_over();
  return event;
}

// Reads the next page. What is committed but not signalled yet stays for later, so that no cursor
// is ever beyond the end that others see.
absl::Status Subscription::fill(std::uint64_t head) {
  const std::size_t size = std::min(credit_.load(), kPage);
  auto read = store_.read_all(next_, Direction::kForward, size, options_.filter);
  if (!read.ok()) return read.status();
  for (StoredEvent& event : read->events) {
    if (event.position <= head && options_.partition.has(event.stream)) {
      page_.push_back(std::move(event));
    }
  }
  next_ = std::min(read->next, head + 1);
  if (page_.empty()) pass_over();
  return absl::OkStatus();
}

// All of the page is out: what was read behind it does not match.
void Subscription::pass_over() {
  if (position_ == next_ - 1) return;
  position_ = next_ - 1;
  last_id_ = {};
}

bool Subscription::may_read(std::uint64_t head) const {
  return page_.empty() && next_ <= head && credit_.load() > 0;
}

bool Subscription::lags(std::uint64_t head) const {
  return state_ == State::kLive && head > position_ && head - position_ > options_.lagged_beyond;
}

bool Subscription::may_go_on() const {
  const std::uint64_t head = store_.commits().head();
  return cancelled_.load() || (!page_.empty() && credit_.load() > 0) || may_read(head) ||
         lags(head);
}

void Subscription::grant(std::size_t events) {
  std::size_t free = credit_.load();
  while (!credit_.compare_exchange_weak(
      free, std::min(options_.credit, free + std::min(events, options_.credit)))) {
  }
  store_.commits().wake();
}

void Subscription::cancel() {
  cancelled_.store(true);
  store_.commits().wake();
}

}  // namespace composable::host
