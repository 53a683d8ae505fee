#include "fanout/fan_out.hpp"

#include <algorithm>

namespace composable::host {
namespace {

constexpr std::uint64_t kNotIdle = ~std::uint64_t{0};

}  // namespace

FanOut::Handle FanOut::open(FanOutSink& sink, DeliveryFilter::Pointer filter) {
  idle_.push_back({SendQueue(sink, std::move(filter), log_), round_});
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
        if (!slot.queue.wants(key)) continue;
        slot.queue.count_lost(key.domain);
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
      if (slot.queue.finished() || slot.queue.next() >= new_first) continue;
      stats_.lagged += slot.queue.overtaken(log_, new_first);
    }
  }
  log_.evict(new_first);
}

void FanOut::append_own(Handle socket, std::string_view message) {
  if (!last_append_taken_) return;
  std::string frame(message.size() + log_.framing().overhead(), '\0');
  frame.resize(log_.framing().write(frame.data(), message));
  socket->queue.replace(log_.end() - 1, std::move(frame));
  bound(socket);
}

void FanOut::reply(Handle socket, std::string_view frames) {
  socket->queue.reply(log_, frames);
  bound(socket);
}

void FanOut::push_urgent(Handle socket, std::string_view frames) {
  socket->queue.push_urgent(frames);
  bound(socket);
}

void FanOut::subscribe(Handle socket, DeliveryFilter::Pointer filter, std::string_view frames) {
  socket->queue.subscribe(log_, std::move(filter), frames);
  bound(socket);
}

void FanOut::finish(Handle socket, std::string_view frame) {
  socket->queue.finish(log_, frame);
  wake(socket);
}

void FanOut::bound(Handle socket) {
  if (socket->queue.unsent_replies() > options_.unsent_bytes) {
    std::string frame;
    log_.framing().append_overflow(frame);
    socket->queue.replace_all_with(frame);
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
  if (!socket->blocked || socket->queue.finished()) return;
  socket->blocked = false;
  socket->idle_round = kNotIdle;
  ready_.splice(ready_.end(), blocked_, socket);
}

// One send to a ready socket, which then is idle, blocked, or last in the queue.
void FanOut::serve(Handle socket) {
  SendQueue& queue = socket->queue;
  queue.plan(log_, names_, plan_);
  std::size_t taken = 0;
  bool broken = false;
  if (plan_.bytes > 0) {
    const std::ptrdiff_t sent = queue.sink().send({plan_.memory.data(), plan_.count});
    broken = sent < 0;
    taken = broken ? 0 : static_cast<std::size_t>(sent);
    ++stats_.sends;
  }
  if (broken) {
    queue.drop();
  } else {
    stats_.delivered += queue.sent(log_, plan_, taken);
  }
  if (queue.finished() || taken < plan_.bytes) {
    socket->blocked = true;
    blocked_.splice(blocked_.end(), ready_, socket);
    if (queue.finished() && !broken) queue.sink().finished();
  } else if (queue.caught_up(log_)) {
    socket->idle_round = round_;
    idle_.splice(idle_.end(), ready_, socket);
  } else {
    ready_.splice(ready_.end(), ready_, socket);
  }
}

// The first in the queue has waited longest.
std::int64_t FanOut::lag_us(std::int64_t now_us) const {
  if (ready_.empty() || ready_.front().queue.next() == log_.end()) return 0;
  return now_us - log_.entry(ready_.front().queue.next()).appended_us;
}

bool FanOut::run(Clock& clock, std::int64_t micros) {
  const std::int64_t until = clock.steady_micros() + micros;
  while (!ready_.empty()) {
    serve(ready_.begin());
    if (clock.steady_micros() >= until) break;
  }
  return !ready_.empty();
}

}  // namespace composable::host
