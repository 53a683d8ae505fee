#include "net/read_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace composable::host {
namespace {

// A request that made the buffer larger than this gives the memory back.
constexpr std::size_t kKept = 64 * 1024;

}  // namespace

void ReadBuffer::prepare(std::size_t room) {
  if (free_size() >= room) return;
  const std::size_t used = size();
  if (capacity_ >= used + room) {
    std::memmove(memory_.get(), memory_.get() + begin_, used);
  } else {
    capacity_ = std::max({kInitial, capacity_ * 2, used + room});
    auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
    if (used != 0) std::memcpy(larger.get(), memory_.get() + begin_, used);
    memory_ = std::move(larger);
  }
  begin_ = 0;
  end_ = used;
}

void ReadBuffer::consume(std::size_t n) {
  begin_ += n;
  if (begin_ != end_) return;
  begin_ = end_ = 0;
  if (capacity_ > kKept) {
    memory_.reset();
    capacity_ = 0;
  }
}

void ReadBuffer::erase(std::size_t offset, std::size_t count) {
  if (count == 0) return;
  char* to = memory_.get() + begin_ + offset;
  std::memmove(to, to + count, size() - offset - count);
  end_ -= count;
}

}  // namespace composable::host
