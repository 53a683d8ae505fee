// The bytes a connection has received and not yet done with. Grows while a request is incomplete;
// what was read of it keeps its distance from the front.
#pragma once
#include <cstddef>
#include <memory>
#include <string_view>

namespace composable::host {

class ReadBuffer {
 public:
  // Enough for what a pipelining client sends at once; only the pages that are used cost memory.
  static constexpr std::size_t kInitial = 16 * 1024;

  std::string_view data() const { return {memory_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }

  // Makes room for at least `room` more bytes; data() may move.
  void prepare(std::size_t room);
  char* free_begin() { return memory_.get() + end_; }
  std::size_t free_size() const { return capacity_ - end_; }
  void commit(std::size_t n) { end_ += n; }

  void consume(std::size_t n);                        // from the front
  void erase(std::size_t offset, std::size_t count);  // from the middle

 private:
  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace composable::host
