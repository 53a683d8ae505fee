// Boost.Asio under short names; the only place that names its namespaces.
#pragma once
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace composable::host {
namespace asio = boost::asio;
using tcp = boost::asio::ip::tcp;
using boost::system::error_code;
// TCP and Unix sockets behind one type; a TCP socket that becomes a WebSocket is taken out of it.
using StreamSocket = boost::asio::generic::stream_protocol::socket;
using StreamAcceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;
}  // namespace composable::host
