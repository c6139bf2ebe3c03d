// Accepts connections and makes a session of each. Thread rule: the loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "bench/probe/session.hpp"

namespace skald::probe {

class Server {
 public:
  // Listens at once; throws boost::system::system_error.
  Server(boost::asio::io_context& loop, const boost::asio::ip::tcp::endpoint& endpoint, Host& host);

 private:
  void accept();

  Host& host_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type> acceptor_;
};

}  // namespace skald::probe
