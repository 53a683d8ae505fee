// A DescriptorOutput is a stream buffer that writes to a file descriptor and remembers why it
// could not. Unbuffered: output has left when the call returns, in order with what others write to
// the descriptor. One thread.
#pragma once
#include <streambuf>

namespace composable::host {

// Unbuffered: what a stream is given has left when the call returns, in order with what others
// write to the descriptor.
class DescriptorOutput final : public std::streambuf {
 public:
  // The descriptor stays the caller's.
  explicit DescriptorOutput(int fd) : fd_(fd) {}

  // The errno of the first write that failed; 0: none has. Nothing is written after it.
  int error() const { return error_; }

 protected:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;

 private:
  const int fd_;
  int error_ = 0;
};

}  // namespace composable::host
