#include "ws/fan_out.hpp"

#include <algorithm>

#include "ws/frame_codec.hpp"

namespace composable::host {
namespace {

constexpr std::uint64_t kNotIdle = ~std::uint64_t{0};

}  // namespace

FanOut::Handle FanOut::open(FanOutSink& sink, Subscription::Pointer filter) {
  idle_.push_back({Outlet(sink, std::move(filter), log_), round_});
  return std::prev(idle_.end());
}

void FanOut::close(Handle socket) { list_of(socket).erase(socket); }

FanOut::Slots& FanOut::list_of(Handle socket) {
  if (socket->blocked) return blocked_;
  return socket->idle_round == round_ ? idle_ : ready_;
}

// All idle sockets become ready by one splice of the list; the new round is what tells each of
// them that it is idle no more.
void FanOut::append(std::string_view message, const EventKey& key, std::int64_t now_us) {
  ++stats_.appended;
  last_append_taken_ = log_.takes(message.size());
  if (!last_append_taken_) {
    for (Slots* slots : {&idle_, &ready_, &blocked_}) {
      for (Slot& slot : *slots) {
        if (!slot.outlet.wants(key)) continue;
        slot.outlet.lose(key.domain);
        ++stats_.lagged;
      }
    }
  } else {
    if (!log_.has_room(message.size())) make_room(message.size());
    log_.append(message, key, now_us);
  }
  ready_.splice(ready_.end(), idle_);
  ++round_;
}

void FanOut::make_room(std::size_t size) {
  const std::uint64_t new_first = log_.first_after_making_room(size);
  for (Slots* slots : {&ready_, &blocked_}) {
    for (Slot& slot : *slots) {
      if (slot.outlet.finished() || slot.outlet.next() >= new_first) continue;
      stats_.lagged += slot.outlet.overtaken(log_, new_first);
    }
  }
  log_.evict(new_first);
}

void FanOut::append_own(Handle socket, std::string_view message) {
  if (!last_append_taken_) return;
  std::string frame;
  append_frame(frame, Opcode::kText, message);
  socket->outlet.replace(log_.end() - 1, std::move(frame));
  bound(socket);
}

void FanOut::reply(Handle socket, std::string_view frames) {
  socket->outlet.reply(log_, frames);
  bound(socket);
}

void FanOut::interject(Handle socket, std::string_view frames) {
  socket->outlet.interject(frames);
  bound(socket);
}

void FanOut::subscribe(Handle socket, Subscription::Pointer filter, std::string_view frames) {
  socket->outlet.subscribe(log_, std::move(filter), frames);
  bound(socket);
}

void FanOut::finish(Handle socket, std::string_view frame) {
  socket->outlet.finish(log_, frame);
  wake(socket);
}

void FanOut::bound(Handle socket) {
  if (socket->outlet.unsent_replies() > options_.unsent_bytes) {
    std::string frame;
    append_close_frame(frame, kClosePolicy, "too many unread replies");
    socket->outlet.cut(frame);
  }
  wake(socket);
}

void FanOut::wake(Handle socket) {
  if (socket->blocked || socket->idle_round != round_) return;
  socket->idle_round = kNotIdle;
  ready_.splice(ready_.end(), idle_, socket);
}

void FanOut::flush(Handle socket) {
  if (!socket->blocked && socket->idle_round != round_) serve(socket);
}

void FanOut::writable(Handle socket) {
  if (!socket->blocked || socket->outlet.finished()) return;
  socket->blocked = false;
  socket->idle_round = kNotIdle;
  ready_.splice(ready_.end(), blocked_, socket);
}

// One send to a ready socket, which then is idle, blocked, or last in the row.
void FanOut::serve(Handle socket) {
  Outlet& outlet = socket->outlet;
  outlet.plan(log_, names_, plan_);
  std::size_t taken = 0;
  bool broken = false;
  if (plan_.bytes > 0) {
    const std::ptrdiff_t sent = outlet.sink().send({plan_.memory.data(), plan_.count});
    broken = sent < 0;
    taken = broken ? 0 : static_cast<std::size_t>(sent);
    ++stats_.sends;
  }
  if (broken) {
    outlet.drop();
  } else {
    stats_.delivered += outlet.sent(log_, plan_, taken);
  }
  if (outlet.finished() || taken < plan_.bytes) {
    socket->blocked = true;
    blocked_.splice(blocked_.end(), ready_, socket);
    if (outlet.finished() && !broken) outlet.sink().finished();
  } else if (outlet.caught_up(log_)) {
    socket->idle_round = round_;
    idle_.splice(idle_.end(), ready_, socket);
  } else {
    ready_.splice(ready_.end(), ready_, socket);
  }
}

bool FanOut::run(std::int64_t now_us) {
  adapt(now_us);
  for (std::size_t i = 0; i < slice_ && !ready_.empty(); ++i) serve(ready_.begin());
  return !ready_.empty();
}

// The first in the row has waited longest: how old is what it is to get next?
void FanOut::adapt(std::int64_t now_us) {
  if (ready_.empty()) return;
  const std::uint64_t next = ready_.front().outlet.next();
  const bool behind =
      next < log_.end() && now_us - log_.entry(next).appended_us > options_.lag_target_us;
  slice_ = behind ? std::min(slice_ * 2, options_.most_slice)
                  : std::max(slice_ / 2, options_.least_slice);
}

}  // namespace composable::host
