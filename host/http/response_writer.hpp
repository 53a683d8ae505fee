// A ResponseWriter builds one response; routes write into it as composable_response. The head is
// written once, when the answer has ended.
//
// It is reused for each request of a connection and keeps its memory. Until the answer has ended
// it belongs to the thread that answers, after that to the loop. One thread at a time.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "composable/abi/routes.h"
#include "runtime/uuid.hpp"

namespace composable::host {

// What a head says besides the answer itself.
struct ResponseFacts {
  enum class Connection : std::uint8_t { kDefault, kKeepAlive, kClose };

  std::string_view date = "";  // of the Date header
  Uuid correlation;
  Connection connection = Connection::kDefault;
  bool head_only = false;  // answers HEAD: the body is counted and left out
};

class ResponseWriter {
 public:
  static constexpr std::size_t kMaxBody = 64 * 1024 * 1024;
  static constexpr std::size_t kMaxHeaders = 16 * 1024;

  ResponseWriter();
  ResponseWriter(const ResponseWriter&) = delete;
  ResponseWriter& operator=(const ResponseWriter&) = delete;

  void reset();         // before a request
  void clear_answer();  // what a route wrote, when an error takes its place

  // A header of the host's own; stays when the answer is cleared. Not checked.
  void host_header(std::string_view name, std::string_view value);

  // The mount of the domain that answers, for a relative Location; outlives the answer.
  void set_mount(std::string_view mount) { mount_ = mount; }

  // The first refused call is kept as the answer's fault, since the answer is then not what the
  // route meant. COMPOSABLE_E_INVALID for a status outside 200..599, a name that is no token, a
  // value with a control character; COMPOSABLE_E_MISUSE for a header that is reserved for the host;
  // COMPOSABLE_E_OVERLOADED beyond the bounds above.
  composable_status set_status(std::uint32_t status);
  composable_status add_header(std::string_view name, std::string_view value);
  composable_status append(std::string_view body);

  // What is wrong with the answer, for the log; empty: nothing.
  const std::string& fault() const { return fault_; }
  std::uint32_t status() const { return status_; }
  std::string& body() { return body_; }
  composable_response& abi() { return abi_; }

  // Appends head and body to `out`.
  void write(const ResponseFacts& facts, std::string& out) const;

 private:
  composable_status refuse(composable_status status, std::string fault);
  void write_head(const ResponseFacts& facts, std::string& out) const;

  std::uint32_t status_ = 200;
  std::string_view mount_;
  bool typed_ = false;        // headers_ has a Content-Type
  std::string host_headers_;  // complete lines
  std::string headers_;       // complete lines
  std::string body_;
  std::string fault_;
  composable_response abi_{};
};

}  // namespace composable::host
