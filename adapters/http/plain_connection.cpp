// Connections over plain TCP. A write is tried without waiting first: it nearly always succeeds, and then costs one
// system call and no operation of the loop.
#include <sys/socket.h>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include "adapters/http/connection.hpp"
#include "adapters/http/handler_memory.hpp"

namespace skald::adapters {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

class PlainConnection final : public Connection {
 public:
  PlainConnection(asio::io_context& loop, const Context& context, const Origin& origin, const Origin& dial)
      : Connection(context, origin, dial), socket_(loop) {}

 private:
  std::shared_ptr<PlainConnection> self() { return std::static_pointer_cast<PlainConnection>(shared_from_this()); }

  void start_connect(const Endpoint& endpoint) override {
    socket_.async_connect(endpoint, [me = self(), attempt = connect_attempt()](const Error& error) {
      if (!error) me->prepare();
      me->on_connected(attempt, error);
    });
  }

  void prepare() {
    Error ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
  }

  void start_read(char* data, std::size_t size) override {
    socket_.async_read_some(
        asio::buffer(data, size),
        asio::bind_allocator(HandlerAllocator<std::byte>(read_memory_),
                             [me = self()](const Error& error, std::size_t read) { me->on_read(error, read); }));
  }

  void start_write(std::string_view bytes) override {
    socket_.async_write_some(
        asio::buffer(bytes.data(), bytes.size()),
        [me = self()](const Error& error, std::size_t written) { me->on_written(error, written); });
  }

  std::size_t try_write(std::string_view bytes, Error& error) override {
    const std::size_t written = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
    if (error == asio::error::would_block || error == asio::error::try_again) error.clear();
    return written;
  }

  bool is_quiet() override {
    char byte;
    return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  void close_transport() override {
    Error ignored;
    socket_.close(ignored);
  }

  asio::basic_stream_socket<tcp, asio::io_context::executor_type> socket_;
  HandlerMemory read_memory_;
};

}  // namespace

std::shared_ptr<Connection> make_plain_connection(asio::io_context& loop, const Connection::Context& context,
                                                  const Origin& origin, const Origin& dial) {
  return std::make_shared<PlainConnection>(loop, context, origin, dial);
}

}  // namespace skald::adapters
