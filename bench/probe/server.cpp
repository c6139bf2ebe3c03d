#include "bench/probe/server.hpp"

namespace skald::probe {

Server::Server(boost::asio::io_context& loop, const boost::asio::ip::tcp::endpoint& endpoint, Host& host)
    : host_(host), acceptor_(loop, endpoint) {
  accept();
}

void Server::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, Socket socket) {
    if (!error) {
      Session& session = host_.sessions.emplace_back(std::move(socket), host_);
      session.start(std::prev(host_.sessions.end()));
    }
    accept();
  });
}

}  // namespace skald::probe
