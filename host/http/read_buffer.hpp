// A ReadBuffer holds the bytes that a connection has received and not yet processed. It grows
// while a request is incomplete; offsets from the front stay valid.
#pragma once
#include <cstddef>
#include <memory>
#include <string_view>

namespace composable::host {

class ReadBuffer {
 public:
  // Enough for what a pipelining client sends at once; only the pages that are used cost memory.
  static constexpr std::size_t kInitial = 16 * 1024;

  ReadBuffer() = default;
  ReadBuffer(const ReadBuffer&) = delete;  // front() is looked at from outside
  ReadBuffer& operator=(const ReadBuffer&) = delete;

  std::string_view data() const { return {front_, size_}; }
  std::size_t size() const { return size_; }
  // The address of the first byte. Code that keeps this reference and offsets follows every move of
  // the bytes; a pointer to them is valid until the next non-const call.
  const char* const& front() const { return front_; }

  // Makes room for at least `room` more bytes; data() may move.
  void prepare(std::size_t room);
  char* free_begin() { return memory_.get() + offset() + size_; }
  std::size_t free_size() const { return capacity_ - offset() - size_; }
  void commit(std::size_t n) { size_ += n; }

  void consume(std::size_t n);                        // from the front
  void erase(std::size_t offset, std::size_t count);  // from the middle

 private:
  std::size_t offset() const { return static_cast<std::size_t>(front_ - memory_.get()); }

  std::unique_ptr<char[]> memory_;
  const char* front_ = nullptr;  // in `memory_`
  std::size_t capacity_ = 0, size_ = 0;
};

}  // namespace composable::host
