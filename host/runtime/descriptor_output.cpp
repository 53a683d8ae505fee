#include "runtime/descriptor_output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace composable::host {

DescriptorOutput::int_type DescriptorOutput::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  const char one = traits_type::to_char_type(c);
  return xsputn(&one, 1) == 1 ? c : traits_type::eof();
}

std::streamsize DescriptorOutput::xsputn(const char* text, std::streamsize size) {
  std::streamsize written = 0;
  while (written < size && error_ == 0) {
    const ssize_t n = ::write(fd_, text + written, static_cast<std::size_t>(size - written));
    if (n >= 0) {
      written += n;
    } else if (errno == EAGAIN) {  // a pipe or terminal that somebody else has made non-blocking
      pollfd writable{.fd = fd_, .events = POLLOUT, .revents = 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  return written;
}

}  // namespace composable::host
