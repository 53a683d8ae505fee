#include "fanout/send_queue.hpp"

#include <algorithm>

namespace composable::host {
namespace {

void add_piece(SendPlan& out, const char* data, std::size_t size, SendPlan::Piece piece) {
  out.memory[out.count] = {const_cast<char*>(data), size};
  out.pieces[out.count] = piece;
  ++out.count;
  out.bytes += size;
}

}  // namespace

SendQueue::Extra& SendQueue::extra() {
  if (!extra_) extra_ = std::make_unique<Extra>();
  return *extra_;
}

// Whether what comes next is a splice: those at or before the cursor go first.
bool SendQueue::at_splice() const {
  return extra_ && !extra_->empty() && extra_->first().at <= next_;
}

// The entry before which the next boundary between two frames is.
std::uint64_t SendQueue::boundary() const {
  return partial_ > 0 && !at_splice() ? next_ + 1 : next_;
}

// Inserts behind all splices that are due before it. The memory of the splice itself counts, too: a
// thousand empty pongs are not free.
void SendQueue::insert(Splice splice) {
  Extra& own = extra();
  splice.counted += sizeof(Splice) + (splice.filter ? DeliveryFilter::kMostBytes : 0);
  own.unsent += splice.counted;
  const auto behind = std::upper_bound(
      own.splices.begin() + static_cast<std::ptrdiff_t>(own.front), own.splices.end(), splice.at,
      [](std::uint64_t at, const Splice& other) { return at < other.at; });
  own.splices.insert(behind, std::move(splice));
}

void SendQueue::reply(const FramedLog& log, std::string_view frames) {
  Extra& own = extra();
  if (own.ending) return;
  if (!own.empty()) {
    Splice& back = own.splices.back();
    if (back.at == log.end() && !back.replaces) {
      back.bytes.append(frames);
      back.counted += frames.size();
      own.unsent += frames.size();
      return;
    }
  }
  insert({.at = log.end(), .bytes = std::string(frames), .counted = frames.size()});
}

void SendQueue::push_urgent(std::string_view frames) {
  if (extra().ending) return;
  insert({.at = boundary(), .bytes = std::string(frames), .counted = frames.size()});
}

void SendQueue::replace(std::uint64_t number, std::string frame) {
  if (extra().ending) return;
  const std::size_t size = frame.size();
  insert({.at = number, .bytes = std::move(frame), .counted = size, .replaces = true});
}

void SendQueue::subscribe(const FramedLog& log, DeliveryFilter::Pointer filter,
                          std::string_view frames) {
  if (extra().ending) return;
  insert({.at = log.end(),
          .bytes = std::string(frames),
          .counted = frames.size(),
          .sets_filter = true,
          .filter = std::move(filter)});
}

void SendQueue::finish(const FramedLog& log, std::string_view frame) {
  Extra& own = extra();
  if (own.ending) return;
  own.ending = true;
  insert({.at = log.end(), .bytes = std::string(frame), .last = true});
}

void SendQueue::replace_all_with(std::string_view frame) {
  Extra& own = extra();
  const std::uint64_t at = boundary();
  const std::size_t begun = at_splice() && (partial_ > 0 || own.first().rest) ? 1 : 0;
  own.splices.resize(own.front + begun);
  own.lost.clear();
  own.unsent = begun > 0 ? own.first().counted : 0;
  own.ending = true;
  if (begun > 0 && own.first().last) return;
  insert({.at = at, .bytes = std::string(frame), .last = true});
}

void SendQueue::drop() {
  extra_.reset();
  finished_ = true;
}

bool SendQueue::wants(const EventKey& key) const {
  const DeliveryFilter* filter = filter_.get();
  if (extra_) {
    if (extra_->ending) return false;
    for (std::size_t i = extra_->front; i < extra_->splices.size(); ++i) {
      if (extra_->splices[i].sets_filter) filter = extra_->splices[i].filter.get();
    }
  }
  return filter == nullptr || filter->matches(key);
}

void SendQueue::count_lost(std::uint32_t domain) {
  auto& lost = extra().lost;
  for (auto& [known, count] : lost) {
    if (known != domain) continue;
    ++count;
    return;
  }
  lost.emplace_back(domain, 1);
}

std::uint64_t SendQueue::overtaken(const FramedLog& log, std::uint64_t new_first) {
  Extra& own = extra();
  if (partial_ > 0 && !at_splice()) {
    const LogEntry& begun = log.entry(next_);
    const std::string_view rest(log.at(begun.offset + partial_), begun.length - partial_);
    ++next_;
    partial_ = 0;
    own.splices.insert(own.splices.begin() + static_cast<std::ptrdiff_t>(own.front),
                       {.at = next_, .bytes = std::string(rest), .rest = true});
  }
  const DeliveryFilter* filter = filter_.get();
  std::size_t i = own.front;
  std::uint64_t lost = 0;
  for (; next_ < new_first; ++next_) {
    bool kept = false;
    for (; i < own.splices.size() && own.splices[i].at <= next_; ++i) {
      const Splice& splice = own.splices[i];
      if (splice.sets_filter) filter = splice.filter.get();
      kept |= splice.replaces && splice.at == next_;
      if (splice.last) {
        next_ = new_first;
        return lost;
      }
    }
    const EventKey& key = log.entry(next_).key;
    if (kept || (filter != nullptr && !filter->matches(key))) continue;
    count_lost(key.domain);
    ++lost;
  }
  return lost;
}

bool SendQueue::caught_up(const FramedLog& log) const {
  return next_ == log.end() && (!extra_ || (extra_->empty() && extra_->lost.empty()));
}

void SendQueue::gaps_to_splices(const FramedLog& log, const NameTable& names) {
  Extra& own = *extra_;
  if (own.lost.empty() || own.ending) return;
  std::string frames;
  for (const auto& [domain, count] : own.lost) {
    log.framing().append_gap(frames, names.name(domain), count);
  }
  own.lost.clear();
  insert({.at = boundary(), .bytes = std::move(frames)});
}

// Plans a run of entries that the filter matches, from `at` on, before `limit`. False when there is
// none, or when enough entries were examined; `at` moves past them.
bool SendQueue::plan_run(const FramedLog& log, const DeliveryFilter* filter, std::uint64_t limit,
                         std::uint64_t& at, std::uint64_t offset, std::size_t& scanned,
                         SendPlan& out) const {
  std::uint64_t end = limit;
  if (filter != nullptr) {
    // A frame that was begun is finished, whatever the filter is by now.
    while (offset == 0 && at < limit && !filter->matches(log.entry(at).key)) {
      ++at;
      if (++scanned >= SendPlan::kMaxScan) return false;
    }
    if (at == limit) return true;
    end = at + 1;
    while (end < limit && ++scanned < SendPlan::kMaxScan && filter->matches(log.entry(end).key)) {
      ++end;
    }
  }
  const std::uint64_t from = log.offset(at) + offset;
  if (log.offset(end) - from > SendPlan::kMaxBytes) {
    end = std::max(at + 1, log.entry_at(from + SendPlan::kMaxBytes));
  }
  add_piece(out, log.at(from), log.offset(end) - from,
            {.splice = false, .begin = at, .end = end, .offset = from});
  at = end;
  return scanned < SendPlan::kMaxScan;
}

void SendQueue::plan(const FramedLog& log, const NameTable& names, SendPlan& out) {
  if (extra_) gaps_to_splices(log, names);
  out.count = 0;
  out.bytes = 0;
  const DeliveryFilter* filter = filter_.get();
  const std::size_t splices = extra_ ? extra_->splices.size() : 0;
  std::size_t i = extra_ ? extra_->front : 0;
  std::size_t scanned = 0;
  std::uint64_t at = next_;
  std::uint64_t offset = partial_;
  while (out.count < SendPlan::kMaxPieces && out.bytes < SendPlan::kMaxBytes) {
    if (i < splices && extra_->splices[i].at <= at) {
      const Splice& splice = extra_->splices[i++];
      add_piece(out, splice.bytes.data() + offset, splice.bytes.size() - offset,
                {.splice = true, .begin = at, .end = at, .offset = 0});
      offset = 0;
      if (splice.last) break;
      if (splice.sets_filter) filter = splice.filter.get();
      if (splice.replaces) at = std::max(at, splice.at + 1);
      continue;
    }
    if (at == log.end()) break;
    const std::uint64_t limit =
        i < splices ? std::min(extra_->splices[i].at, log.end()) : log.end();
    if (!plan_run(log, filter, limit, at, offset, scanned, out)) break;
    offset = 0;
  }
  out.next = at;
}

void SendQueue::pop_splice() {
  Splice& done = extra_->first();
  extra_->unsent -= done.counted;
  if (done.sets_filter) filter_ = std::move(done.filter);
  if (done.replaces) next_ = std::max(next_, done.at + 1);
  if (done.last) finished_ = true;
  done.bytes = std::string();
  if (++extra_->front < extra_->splices.size()) return;
  if (extra_->lost.empty() && !extra_->ending) {
    extra_.reset();  // thousands of sockets are quiet
  } else {
    extra_->splices.clear();
    extra_->front = 0;
  }
}

std::uint64_t SendQueue::sent(const FramedLog& log, const SendPlan& plan, std::size_t bytes) {
  std::uint64_t entries = 0;
  for (std::size_t i = 0; i < plan.count; ++i) {
    const SendPlan::Piece& piece = plan.pieces[i];
    const std::size_t size = plan.memory[i].iov_len;
    const bool whole = bytes >= size;
    const std::size_t taken = whole ? size : bytes;
    bytes -= taken;
    next_ = std::max(next_, piece.begin);
    if (piece.splice) {
      partial_ = whole ? 0 : partial_ + taken;
      if (whole) pop_splice();
    } else {
      next_ = whole ? piece.end : log.entry_at(piece.offset + taken);
      partial_ = whole ? 0 : piece.offset + taken - log.offset(next_);
      entries += next_ - piece.begin;
    }
    if (!whole) return entries;
  }
  next_ = std::max(next_, plan.next);
  return entries;
}

}  // namespace composable::host
