// Gives every event of one loop to all its sockets: framed once, then sent in slices of a few
// sockets at a time, so that nothing else on the loop waits long. A socket that is slow is passed
// over until it can take more; one that was overtaken is told how much it missed. One loop.
#pragma once
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>

#include "ws/framed_log.hpp"
#include "ws/name_table.hpp"
#include "ws/outlet.hpp"
#include "ws/subscription.hpp"

namespace composable::host {

struct FanOutOptions {
  std::size_t unsent_bytes = 1 << 20;  // bytes of a socket's own frames; beyond it 1008
  std::size_t least_slice = 16;        // sends between two looks at the rest of the loop
  std::size_t most_slice = 256;
  std::int64_t lag_target_us = 5'000;  // of the socket that waits longest; above it slices grow
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
    Outlet outlet;
    std::uint64_t idle_round;  // the round in which it had nothing to send
    bool blocked = false;
  };

 public:
  using Handle = std::list<Slot>::iterator;  // stays good until close()

  FanOut(FramedLog log, FanOutOptions options)
      : log_(std::move(log)), options_(options), slice_(options.least_slice) {}

  NameTable& names() { return names_; }

  // A socket that hears what is appended from now on, as far as its filter lets it through.
  Handle open(FanOutSink& sink, Subscription::Pointer filter);
  void close(Handle socket);

  // Whether the socket's filter lets it through; then its own copy may be given to append_own().
  bool wants(Handle socket, const EventKey& key) const { return socket->outlet.wants(key); }
  // An event for all who want it.
  void append(std::string_view message, const EventKey& key, std::int64_t now_us);
  // A socket's own copy of the event that append() was last called with.
  void append_own(Handle socket, std::string_view message);

  // Frames behind all that was appended so far; in front of it; with a new filter. A socket that
  // then has more than unsent_bytes of its own bytes to take is cut off with 1008.
  void reply(Handle socket, std::string_view frames);
  void interject(Handle socket, std::string_view frames);
  void subscribe(Handle socket, Subscription::Pointer filter, std::string_view frames);
  // Its last frame.
  void finish(Handle socket, std::string_view frame);

  // Sends to one socket what it can take now.
  void flush(Handle socket);
  // A sink that had taken less than all can take more.
  void writable(Handle socket);
  // One slice. Whether there is more to do now.
  bool run(std::int64_t now_us);
  bool has_work() const { return !ready_.empty(); }

  std::size_t slice() const { return slice_; }
  const FanOutStats& stats() const { return stats_; }

 private:
  using Slots = std::list<Slot>;

  Slots& list_of(Handle socket);
  void wake(Handle socket);
  void bound(Handle socket);
  void serve(Handle socket);
  void make_room(std::size_t size);
  void adapt(std::int64_t now_us);

  FramedLog log_;
  FanOutOptions options_;
  NameTable names_;
  FanOutStats stats_;
  Slots idle_;               // have all there is
  Slots ready_;              // have something to send, the longest waiting first
  Slots blocked_;            // cannot take more, or never will
  std::uint64_t round_ = 0;  // grows when all idle sockets become ready at once
  std::size_t slice_;
  bool last_append_taken_ = false;
  SendPlan plan_;
};

}  // namespace composable::host
