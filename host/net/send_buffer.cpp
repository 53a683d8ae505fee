#include "net/send_buffer.hpp"

namespace composable::host {
namespace {

// A buffer that grew larger than this gives the memory back.
constexpr std::size_t kKeptCapacity = 256 * 1024;
// Sent bytes in front of unsent ones are kept up to this, so that bytes move seldom.
constexpr std::size_t kKeptSent = 64 * 1024;

}  // namespace

bool SendBuffer::flush(Transport& transport, std::int64_t now_ms) {
  if (waits_ || unsent() == 0) return true;
  const iovec piece = {.iov_base = bytes_.data() + sent_, .iov_len = unsent()};
  const IoResult result = transport.write_some({&piece, 1});
  if (result.status == IoResult::Status::kBroken) return false;
  sent_ += result.bytes;
  drop_sent();
  if (unsent() == 0) return true;
  waits_ = true;
  deadline_ms_ = now_ms + write_ms_;
  transport.when_writable();
  return true;
}

void SendBuffer::drop_sent() {
  if (unsent() == 0) {
    bytes_.clear();
    if (bytes_.capacity() > kKeptCapacity) std::string().swap(bytes_);
  } else if (sent_ > kKeptSent && sent_ > unsent()) {
    bytes_.erase(0, sent_);
  } else {
    return;
  }
  sent_ = 0;
}

}  // namespace composable::host
