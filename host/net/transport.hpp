// A Transport carries the bytes of one connection. HTTP and WebSocket sessions know nothing else
// of sockets; a connection that becomes a WebSocket hands its transport over.
//
// [loop] all of it. Nothing blocks. close(), or at the latest the destructor, closes a transport;
// from then on its listener is not called and no memory of the caller is touched.
#pragma once
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace composable::host {

struct IoResult {
  enum class Status : std::uint8_t {
    kDone,        // `bytes` were moved, at least one
    kWouldBlock,  // none for now
    kEnd,         // the peer has finished sending; of a read only
    kBroken,      // no more comes of this connection
  };
  Status status = Status::kDone;
  std::size_t bytes = 0;
};

// A TransportListener is called from the loop, never from within a call to the transport.
class TransportListener {
 public:
  // A read_when_ready() has ended; never with kWouldBlock.
  virtual void on_read(IoResult result) = 0;
  // After when_writable(): a write is worth trying.
  virtual void on_writable() = 0;

 protected:
  ~TransportListener() = default;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // Call it before the first call that has an answer, and again when another session takes over.
  virtual void set_listener(TransportListener& listener) = 0;

  // What is there now, up to the size of `into`, which is not 0.
  virtual IoResult read_some(std::span<char> into) = 0;
  // Reads as soon as there is something, and calls on_read(). One at a time; `into` stays valid
  // until then.
  virtual void read_when_ready(std::span<char> into) = 0;
  // As much as is taken now, of at least one byte. A part is kDone.
  virtual IoResult write_some(std::span<const iovec> pieces) = 0;
  virtual void when_writable() = 0;

  virtual void shut_down_sending() = 0;  // the peer reads an end, and may still send
  virtual void close() = 0;
};

}  // namespace composable::host
