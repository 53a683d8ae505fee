#include "net/admin_client.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "absl/strings/str_format.h"
#include "net/asio.hpp"

namespace composable::host {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t kMostBytes = std::size_t{64} << 20;

absl::Status failed(const std::string& path, std::string_view what, const error_code& error) {
  return absl::UnavailableError(
      absl::StrFormat("%s: %s: %s; look at the log of the host", path, what, error.message()));
}

}  // namespace

absl::StatusOr<AdminAnswer> ask_admin(const std::string& data_directory, std::string_view method,
                                      std::string_view target, std::string_view accept) {
  const std::string path = data_directory + "/admin.sock";
  asio::io_context io;
  asio::local::stream_protocol::socket socket(io);
  error_code error;
  try {
    socket.connect(asio::local::stream_protocol::endpoint(path), error);
  } catch (const boost::system::system_error& too_long) {
    error = too_long.code();
  }
  if (error) {
    return absl::NotFoundError(
        absl::StrFormat("%s: no host answers there: %s; is one running with --data-dir %s?", path,
                        error.message(), data_directory));
  }
  http::request<http::empty_body> request;
  request.method_string(beast::string_view(method.data(), method.size()));
  request.target(beast::string_view(target.data(), target.size()));
  request.version(11);
  request.set(http::field::host, "localhost");
  request.set(http::field::accept, beast::string_view(accept.data(), accept.size()));
  request.prepare_payload();
  http::write(socket, request, error);
  if (error) return failed(path, "the request could not be sent", error);

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMostBytes);
  http::read(socket, buffer, parser, error);
  if (error) return failed(path, "the host did not answer", error);
  return AdminAnswer{parser.get().result_int(), std::move(parser.get().body())};
}

}  // namespace composable::host
