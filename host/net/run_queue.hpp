// A RunQueue decides whose turn it is among the connections of a loop.
//
// Sessions do not answer the moment their bytes arrive. They are served a batch at a time, then
// the answers of the batch are sent, and before the same sessions read again, all others have had
// their turn. So parser, routes and kernel each run many times in a row, while their code is in
// the cache, and by the time a session reads, a busy client's next request is there. A single busy
// session waits for nothing.
#pragma once
#include <array>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <cstddef>
#include <cstdint>

#include "net/loop.hpp"

namespace composable::host {

enum class ReadMode : std::uint8_t {
  kNow,        // the bytes are probably there
  kWhenReady,  // wait for them
};

// [loop] all of it. Destroyed when the loop has stopped.
class RunQueue {
  using Hook =
      boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

 public:
  // Queued once at most at a time; a destructor takes it out of the queue.
  class Session : public Hook {
   public:
    virtual void serve() = 0;  // answers what it received, and ends no session
    virtual void send() = 0;   // gives the answers to the kernel; may end this session, no other
    virtual void read(ReadMode mode) = 0;  // ends no session

    bool is_queued() const { return is_linked(); }

   protected:
    ~Session() = default;
  };

  // Of the sessions whose answers wait for each other.
  static constexpr std::size_t kBatch = 32;

  explicit RunQueue(Loop& loop) : loop_(loop) {}

  void serve_soon(Session& session);  // then it sends
  void read_soon(Session& session);

 private:
  using List = boost::intrusive::list<Session, boost::intrusive::base_hook<Hook>,
                                      boost::intrusive::constant_time_size<false>>;
  using Batch = std::array<Session*, kBatch>;

  void schedule();
  void run_turn();
  void serve_batch();
  void read_batch();

  Loop& loop_;
  List to_serve_, to_read_;
  bool is_scheduled_ = false;
};

}  // namespace composable::host
