// A SendQueue holds what one reader is still to get: a cursor in the framed log, and frames of its
// own (replies, its copies of events that it caused, control frames), spliced in between log
// entries. An idle queue is a few words; it owns no event's bytes. Used by FanOut. One loop.
#pragma once
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fanout/delivery_filter.hpp"
#include "fanout/framed_log.hpp"
#include "fanout/name_table.hpp"

namespace composable::host {

// A FanOutSink takes a queue's bytes: a socket that never blocks, or a test.
class FanOutSink {
 public:
  static constexpr std::ptrdiff_t kBroken = -1;

  virtual ~FanOutSink() = default;
  // Takes bytes from the front of `pieces` and returns how many, or kBroken: it will never take any
  // again. When it took less than all, the sink makes sure that FanOut::writable is called once it
  // can take more.
  virtual std::ptrdiff_t send(std::span<const iovec> pieces) = 0;
  // The frame given to finish() or replace_all_with() is out; nothing follows it.
  virtual void finished() = 0;
};

// What one send may take: pieces of memory, and what each of them is.
struct SendPlan {
  static constexpr std::size_t kMaxPieces = 32;
  static constexpr std::size_t kMaxBytes = 256 * 1024;  // of log, so that one socket is not all
  static constexpr std::size_t kMaxScan = 4096;         // entries looked at by a filter

  struct Piece {
    bool splice;          // the next splice; else entries [begin, end), from the byte at
    std::uint64_t begin;  // `offset` on, which may lie inside the first of them. Entries
    std::uint64_t end;    // before `begin` are done with, in both cases
    std::uint64_t offset;
  };
  std::array<iovec, kMaxPieces> memory;
  std::array<Piece, kMaxPieces> pieces;
  std::size_t count = 0;
  std::size_t bytes = 0;
  std::uint64_t next = 0;  // the entry to look at when all of it was taken
};

class SendQueue {
 public:
  // Begins with the entry that comes next.
  SendQueue(FanOutSink& sink, DeliveryFilter::Pointer filter, const FramedLog& log)
      : sink_(&sink), filter_(std::move(filter)), next_(log.end()) {}

  FanOutSink& sink() const { return *sink_; }

  // Queues whole frames behind everything that is in the log by now. Ignored after finish().
  void reply(const FramedLog& log, std::string_view frames);
  // The same at the next boundary between two frames: pings and pongs do not wait.
  void push_urgent(std::string_view frames);
  // This socket's own copy of entry `number`, which it wants, instead of the shared one.
  void replace(std::uint64_t number, std::string frame);
  // The filter for what is appended from now on; then `frames`, which may be empty.
  void subscribe(const FramedLog& log, DeliveryFilter::Pointer filter, std::string_view frames);
  // The last bytes, behind everything that is queued.
  void finish(const FramedLog& log, std::string_view frame);
  // The last bytes, at the next boundary, instead of everything that is queued.
  void replace_all_with(std::string_view frame);
  // Nothing more, not even what is queued: the sink is broken.
  void drop();

  // Whether the filter for what is appended from now on matches the event.
  bool wants(const EventKey& key) const;
  // Counts an event that this socket wants and cannot get.
  void count_lost(std::uint32_t domain);
  // Moves to `new_first` before older entries are evicted. Unsent ones are lost, except the rest of
  // a frame that it has begun. Returns how many events are lost.
  std::uint64_t overtaken(const FramedLog& log, std::uint64_t new_first);

  // What to send next. Lost events become gap messages here.
  void plan(const FramedLog& log, const NameTable& names, SendPlan& out);
  // The first `bytes` of the plan were taken. Returns how many log entries that ended.
  std::uint64_t sent(const FramedLog& log, const SendPlan& plan, std::size_t bytes);

  std::uint64_t next() const { return next_; }
  bool caught_up(const FramedLog& log) const;
  bool finished() const { return finished_; }
  std::size_t unsent_replies() const { return extra_ ? extra_->unsent : 0; }

 private:
  // Own bytes that stand before entry `at`, or instead of it.
  struct Splice {
    std::uint64_t at = 0;
    std::string bytes;
    std::size_t counted = 0;  // in `unsent`
    bool replaces = false;
    bool sets_filter = false;
    bool rest = false;  // of a frame whose beginning is out
    bool last = false;
    DeliveryFilter::Pointer filter;
  };
  struct Extra {
    std::vector<Splice> splices;  // in order of `at`; those before `front` are done
    std::size_t front = 0;
    std::size_t unsent = 0;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> lost;  // per domain
    bool ending = false;                                        // a last splice is queued

    Splice& first() { return splices[front]; }
    bool empty() const { return front == splices.size(); }
  };

  Extra& extra();
  bool at_splice() const;
  std::uint64_t boundary() const;
  void insert(Splice splice);
  void pop_splice();
  void gaps_to_splices(const FramedLog& log, const NameTable& names);
  bool plan_run(const FramedLog& log, const DeliveryFilter* filter, std::uint64_t limit,
                std::uint64_t& at, std::uint64_t offset, std::size_t& scanned, SendPlan& out) const;

  FanOutSink* sink_;
  DeliveryFilter::Pointer filter_;  // in force at next_
  std::unique_ptr<Extra> extra_;
  std::uint64_t next_;         // the entry that is not yet, or not wholly, sent
  std::uint64_t partial_ = 0;  // bytes sent of the first splice, when it is due, else of that entry
  bool finished_ = false;
};

}  // namespace composable::host
