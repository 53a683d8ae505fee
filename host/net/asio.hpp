// Boost.Asio under short names; the only place that names its namespaces.
#pragma once
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace composable::host {
namespace asio = boost::asio;
using tcp = boost::asio::ip::tcp;
using boost::system::error_code;
}  // namespace composable::host
