#include "http/response_writer.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "http/characters.hpp"
#include "http/request_view.hpp"
#include "runtime/http_status.hpp"

namespace composable::host {
namespace {

// A body that made the buffer larger than this gives the memory back.
constexpr std::size_t kKeptCapacity = 64 * 1024;

constexpr std::size_t kShownName = 64;  // of a header, in a fault

constexpr std::string_view kHostsOwn[] = {
    "connection",       "content-length",    "date", "keep-alive", "trailer", "upgrade",
    "x-correlation-id", "transfer-encoding",
};

// A path that begins with neither a slash nor a scheme (RFC 3986, 4.2).
bool is_relative_path(std::string_view reference) {
  const std::size_t end = reference.find_first_of("/?#");
  return end != 0 && !reference.empty() &&
         reference.substr(0, end).find(':') == std::string_view::npos;
}

bool has_no_content(std::uint32_t status) { return status == 204 || status == 304; }

// The lines that every head has, put together on the stack: what they can hold is bounded.
class HeadLines {
 public:
  void put(std::string_view text) {
    std::memcpy(end_, text.data(), text.size());
    end_ += text.size();
  }
  void put_number(std::uint64_t n) { end_ = std::to_chars(end_, end_ + 20, n).ptr; }
  void put_id(const Uuid& id) {
    id.write(end_);
    end_ += 36;
  }
  std::string_view text() const { return {bytes_, static_cast<std::size_t>(end_ - bytes_)}; }

 private:
  char bytes_[384];
  char* end_ = bytes_;
};

ResponseWriter& self(composable_response* response) {
  return *static_cast<ResponseWriter*>(response->impl);
}

std::string_view text_of(composable_str s) { return {s.ptr == nullptr ? "" : s.ptr, s.len}; }

composable_status status_of(composable_response* response, std::uint32_t status) {
  return self(response).set_status(status);
}

composable_status header_of(composable_response* response, composable_str name,
                            composable_str value) {
  return self(response).add_header(text_of(name), text_of(value));
}

composable_status body_of(composable_response* response, const void* data, std::size_t len) {
  return self(response).append({static_cast<const char*>(data), len});
}

}  // namespace

ResponseWriter::ResponseWriter() {
  abi_.struct_size = sizeof abi_;
  abi_.impl = this;
  abi_.status = status_of;
  abi_.header = header_of;
  abi_.body = body_of;
}

void ResponseWriter::clear_answer() {
  status_ = 200;
  typed_ = false;
  fault_.clear();
  headers_.clear();
  body_.clear();
  if (body_.capacity() > kKeptCapacity) std::string().swap(body_);
}

void ResponseWriter::reset() {
  clear_answer();
  mount_ = {};
  host_headers_.clear();
}

void ResponseWriter::host_header(std::string_view name, std::string_view value) {
  host_headers_.append(name).append(": ").append(value).append("\r\n");
}

composable_status ResponseWriter::refuse(composable_status status, std::string fault) {
  if (fault_.empty()) fault_ = std::move(fault);
  return status;
}

composable_status ResponseWriter::set_status(std::uint32_t status) {
  if (status < 200 || status > 599) {
    return refuse(COMPOSABLE_E_INVALID,
                  absl::StrFormat("the status %d is not one of 200 to 599", status));
  }
  status_ = status;
  return COMPOSABLE_OK;
}

composable_status ResponseWriter::add_header(std::string_view name, std::string_view value) {
  const auto fault = [&](composable_status status, std::string_view what) {
    return refuse(status,
                  absl::StrFormat("the header \"%s\" %s", name.substr(0, kShownName), what));
  };
  if (!is_token(name)) return fault(COMPOSABLE_E_INVALID, "has an invalid name");
  if (!std::all_of(value.begin(), value.end(), is_field_char)) {
    return fault(COMPOSABLE_E_INVALID, "has a control character in its value");
  }
  const auto is = [&](std::string_view other) { return equals_ignoring_case(name, other); };
  if (std::any_of(std::begin(kHostsOwn), std::end(kHostsOwn), is)) {
    return fault(COMPOSABLE_E_MISUSE, "is reserved for the host");
  }
  if (is("content-type") && std::exchange(typed_, true)) {
    return fault(COMPOSABLE_E_MISUSE, "is written twice");
  }
  std::string_view mount, slash;
  if (!mount_.empty() && is("location") && is_relative_path(value)) mount = mount_, slash = "/";
  const std::size_t line = name.size() + 2 + mount.size() + slash.size() + value.size() + 2;
  if (headers_.size() + line > kMaxHeaders) {
    return fault(COMPOSABLE_E_OVERLOADED,
                 absl::StrFormat("makes the headers larger than %d bytes", kMaxHeaders));
  }
  headers_.append(name).append(": ").append(mount).append(slash).append(value).append("\r\n");
  return COMPOSABLE_OK;
}

composable_status ResponseWriter::append(std::string_view body) {
  if (body_.size() + body.size() > kMaxBody) {
    return refuse(COMPOSABLE_E_OVERLOADED,
                  absl::StrFormat("the body is larger than %d bytes", kMaxBody));
  }
  body_.append(body);
  return COMPOSABLE_OK;
}

void ResponseWriter::write_head(const ResponseFacts& facts, std::string& out) const {
  HeadLines head;
  if (status_ == 200) {
    head.put("HTTP/1.1 200 OK");
  } else {
    head.put("HTTP/1.1 ");
    head.put_number(status_);
    head.put(" ");
    head.put(reason_phrase(status_));
  }
  head.put("\r\nDate: ");
  head.put(facts.date);
  head.put("\r\nX-Correlation-ID: ");
  head.put_id(facts.correlation);
  if (!has_no_content(status_)) {
    if (!typed_ && !body_.empty()) head.put("\r\nContent-Type: application/json");
    head.put("\r\nContent-Length: ");
    head.put_number(body_.size());
  }
  switch (facts.connection) {
    case ResponseFacts::Connection::kDefault:
      break;
    case ResponseFacts::Connection::kKeepAlive:
      head.put("\r\nConnection: keep-alive");
      break;
    case ResponseFacts::Connection::kClose:
      head.put("\r\nConnection: close");
      break;
  }
  head.put("\r\n");
  if (host_headers_.empty() && headers_.empty()) {
    head.put("\r\n");
    out.append(head.text());
  } else {
    out.append(head.text()).append(host_headers_).append(headers_).append("\r\n");
  }
}

void ResponseWriter::write(const ResponseFacts& facts, std::string& out) const {
  write_head(facts, out);
  if (!facts.head_only && !has_no_content(status_)) out.append(body_);
}

}  // namespace composable::host
