#include "http/read_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace composable::host {
namespace {

// A request that made the buffer larger than this gives the memory back.
constexpr std::size_t kKept = 64 * 1024;

}  // namespace

void ReadBuffer::prepare(std::size_t room) {
  if (free_size() >= room) return;
  if (capacity_ >= size_ + room) {
    std::memmove(memory_.get(), front_, size_);
  } else {
    capacity_ = std::max({kInitial, capacity_ * 2, size_ + room});
    auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
    if (size_ != 0) std::memcpy(larger.get(), front_, size_);
    memory_ = std::move(larger);
  }
  front_ = memory_.get();
}

void ReadBuffer::consume(std::size_t n) {
  front_ += n;
  size_ -= n;
  if (size_ != 0) return;
  if (capacity_ > kKept) {
    memory_.reset();
    capacity_ = 0;
  }
  front_ = memory_.get();
}

void ReadBuffer::erase(std::size_t offset, std::size_t count) {
  if (count == 0) return;
  char* to = memory_.get() + this->offset() + offset;
  std::memmove(to, to + count, size_ - offset - count);
  size_ -= count;
}

}  // namespace composable::host
