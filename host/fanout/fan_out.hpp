// A FanOut sends the events of one loop to all its readers of one protocol. Each event is framed
// once and sent in slices, so that nothing else on the loop waits long. A reader that cannot take
// more is skipped until it can; one that was overtaken is told how many events it missed. One
// loop.
#pragma once
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>

#include "fanout/delivery_filter.hpp"
#include "fanout/framed_log.hpp"
#include "fanout/name_table.hpp"
#include "fanout/send_queue.hpp"
#include "runtime/clock.hpp"

namespace composable::host {

struct FanOutOptions {
  std::size_t unsent_bytes = 1 << 20;  // of a socket's own frames; beyond it the socket is cut off
};

struct FanOutStats {
  std::uint64_t appended = 0;   // events
  std::uint64_t delivered = 0;  // events times sockets, from the shared log
  std::uint64_t sends = 0;      // calls of the sinks
  std::uint64_t lagged = 0;     // events times sockets, lost to slowness
};

class FanOut {
 private:
  struct Slot {
    SendQueue queue;
    std::uint64_t idle_round;  // the round in which it had nothing to send
    bool blocked = false;
  };

 public:
  using Handle = std::list<Slot>::iterator;  // stays good until close()

  FanOut(FramedLog log, FanOutOptions options) : log_(std::move(log)), options_(options) {}

  NameTable& names() { return names_; }

  // Adds a socket that gets what is appended from now on and matches its filter.
  Handle open(FanOutSink& sink, DeliveryFilter::Pointer filter);
  void close(Handle socket);

  // Whether the socket's filter matches the event; then append_own() may give it a copy of its own.
  bool wants(Handle socket, const EventKey& key) const { return socket->queue.wants(key); }
  // Appends an event for all readers whose filter matches it.
  void append(std::string_view message, const EventKey& key, std::int64_t now_us);
  // A socket's own copy of the event that append() was last called with.
  void append_own(Handle socket, std::string_view message);

  // reply() sends frames after everything appended so far, push_urgent() before it, subscribe()
  // with a new filter. A socket that then has more than unsent_bytes of its own bytes to take is
  // cut off.
  void reply(Handle socket, std::string_view frames);
  void push_urgent(Handle socket, std::string_view frames);
  void subscribe(Handle socket, DeliveryFilter::Pointer filter, std::string_view frames);
  // Its last frame.
  void finish(Handle socket, std::string_view frame);

  // Sends to one socket what it can take now.
  void flush(Handle socket);
  // The socket's sink, which had taken less than all, can take more.
  void writable(Handle socket);
  // One slice: sends until `micros` have passed by `clock`. Whether there is more to do now.
  bool run(Clock& clock, std::int64_t micros);
  bool has_work() const { return !ready_.empty(); }
  // How long the event that is sent next has waited for a socket that could take it; 0 when none
  // is.
  std::int64_t lag_us(std::int64_t now_us) const;

  const FanOutStats& stats() const { return stats_; }

 private:
  using Slots = std::list<Slot>;

  Slots& list_of(Handle socket);
  void wake(Handle socket);
  void bound(Handle socket);
  void serve(Handle socket);
  void make_room(std::size_t size);

  FramedLog log_;
  FanOutOptions options_;
  NameTable names_;
  FanOutStats stats_;
  Slots idle_;               // have all there is
  Slots ready_;              // have something to send, the longest waiting first
  Slots blocked_;            // cannot take more, or never will
  std::uint64_t round_ = 0;  // grows when all idle sockets become ready at once
  bool last_append_taken_ = false;
  SendPlan plan_;
};

}  // namespace composable::host
