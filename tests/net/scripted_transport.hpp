// A transport without a socket: what its reads bring is written down beforehand, and so is how it
// fails. What the session writes is kept.
#pragma once
#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/asio.hpp"
#include "net/transport.hpp"

namespace composable::host {

struct TransportScript {
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

  std::vector<std::string> segments;  // a read brings no more than the rest of one
  bool ends = false;                  // behind the last, the peer has finished sending
  std::size_t read_bytes = kAll;      // of one read, at most
  std::size_t write_bytes = kAll;
  bool would_block = false;         // each read and write is told so first
  std::size_t breaks_after = kAll;  // so many reads and writes
};

// What became of it; outlives the transport. Of its loop.
struct TransportRecord {
  std::string written;
  bool starved = false;      // waits for what never comes
  bool write_waits = false;  // to be told that it may go on
  bool shut_down = false, closed = false;
  std::function<void()> changed;  // told when one of these has

  bool is_over() const { return closed || (starved && !write_waits); }
};

class ScriptedTransport final : public Transport {
 public:
  ScriptedTransport(asio::io_context& io, TransportScript script,
                    std::shared_ptr<TransportRecord> record)
      : io_(io), state_(std::make_shared<State>(State{std::move(script), std::move(record)})) {}
  ~ScriptedTransport() override { close(); }

  void set_listener(TransportListener& listener) override { state_->listener = &listener; }

  IoResult read_some(std::span<char> into) override {
    if (blocks()) return {IoResult::Status::kWouldBlock, 0};
    return state_->read(into);
  }
  void read_when_ready(std::span<char> into) override {
    asio::post(io_, [state = state_, into] {
      if (state->listener == nullptr) return;
      const IoResult result = state->read(into);
      if (result.status == IoResult::Status::kWouldBlock) {
        state->record->starved = true;
        state->tell();
      } else {
        state->listener->on_read(result);
      }
    });
  }
  IoResult write_some(std::span<const iovec> pieces) override {
    if (blocks()) return {IoResult::Status::kWouldBlock, 0};
    if (state_->breaks()) return {IoResult::Status::kBroken, 0};
    std::size_t n = 0;
    for (const iovec& piece : pieces) {
      const std::size_t part = std::min(piece.iov_len, state_->script.write_bytes - n);
      state_->record->written.append(static_cast<const char*>(piece.iov_base), part);
      n += part;
    }
    return {IoResult::Status::kDone, n};
  }
  void when_writable() override {
    state_->record->write_waits = true;
    asio::post(io_, [state = state_] {
      state->record->write_waits = false;
      if (state->listener != nullptr) state->listener->on_writable();
      state->tell();
    });
  }
  void shut_down_sending() override {
    state_->record->shut_down = true;
    state_->tell();
  }
  void close() override {
    if (std::exchange(state_->listener, nullptr) == nullptr) return;
    state_->record->closed = true;
    state_->tell();
  }

 private:
  struct State {
    TransportScript script;
    std::shared_ptr<TransportRecord> record;
    TransportListener* listener = nullptr;
    std::size_t segment = 0, offset = 0, operations = 0;
    bool has_blocked = false;

    void tell() const {
      if (record->changed) record->changed();
    }
    bool breaks() { return operations++ >= script.breaks_after; }
    IoResult read(std::span<char> into) {
      if (breaks()) return {IoResult::Status::kBroken, 0};
      while (segment < script.segments.size() && offset == script.segments[segment].size()) {
        ++segment;
        offset = 0;
      }
      if (segment == script.segments.size()) {
        return {script.ends ? IoResult::Status::kEnd : IoResult::Status::kWouldBlock, 0};
      }
      const std::string& from = script.segments[segment];
      const std::size_t n = std::min({into.size(), script.read_bytes, from.size() - offset});
      std::memcpy(into.data(), from.data() + offset, n);
      offset += n;
      return {IoResult::Status::kDone, n};
    }
  };

  // Every other time.
  bool blocks() {
    if (!state_->script.would_block) return false;
    state_->has_blocked = !state_->has_blocked;
    return state_->has_blocked;
  }

  asio::io_context& io_;
  const std::shared_ptr<State> state_;
};

}  // namespace composable::host
