// Short names for types of Boost.Asio; only this file names its namespaces.
#pragma once
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
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
using StreamProtocol = boost::asio::generic::stream_protocol;
using LoopExecutor = boost::asio::io_context::executor_type;
// TCP and Unix sockets behind one type; a TCP socket that becomes a WebSocket is taken out of it.
// Bound to a loop's executor: the type-erased default costs on every operation.
using StreamSocket = boost::asio::basic_stream_socket<StreamProtocol, LoopExecutor>;
using StreamAcceptor = boost::asio::basic_socket_acceptor<StreamProtocol, LoopExecutor>;
}  // namespace composable::host
