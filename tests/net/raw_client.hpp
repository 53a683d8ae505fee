// A blocking client that sends exactly the bytes it is told. Gives up after ten seconds, so that a
// test that waits in vain fails.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace composable::host {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port);  // 127.0.0.1
  explicit RawClient(const std::string& unix_path);
  RawClient(RawClient&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  ~RawClient();

  bool connected() const { return fd_ >= 0; }
  bool send(std::string_view bytes);
  void finish_sending();
  void close();
  void abort();  // with a reset

  // One response, whole: its head, and as much body as Content-Length says. Empty when the
  // connection ended. `head_only` for the answer to HEAD.
  std::string response(bool head_only = false);
  // All that comes until the other side closes.
  std::string until_closed();
  // Whether the other side closes without sending anything.
  bool is_closed() { return until_closed().empty() && !timed_out_; }
  // Whether the other side says something, or closes, within that time.
  bool stirs_within(int milliseconds) const;

 private:
  bool receive_some();

  int fd_ = -1;
  bool timed_out_ = false;
  std::string received_;
};

// Pieces of a response.
int status_of(std::string_view response);
std::string body_of(std::string_view response);
std::string header_of(std::string_view response, std::string_view name);  // empty: none
// Of an error body.
std::string message_of(std::string_view response);

}  // namespace composable::host
