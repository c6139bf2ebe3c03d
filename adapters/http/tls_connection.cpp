// Connections over TLS: the peer's certificate and name are verified before a byte of a request is given to the stream.
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <optional>

#include "adapters/http/connection.hpp"
#include "adapters/http/tls_trust.hpp"

namespace skald::adapters {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

bool is_address(const std::string& host) {
  boost::system::error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

class TlsConnection final : public Connection {
 public:
  TlsConnection(asio::io_context& loop, const Context& context, const Origin& origin, const Origin& dial,
                const TlsTrustPtr& trust)
      : Connection(context, origin, dial), loop_(loop), trust_(trust) {}

 private:
  using Socket = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;
  using Stream = asio::ssl::stream<Socket>;

  std::shared_ptr<TlsConnection> self() { return std::static_pointer_cast<TlsConnection>(shared_from_this()); }

  void start_connect(const Endpoint& endpoint) override {
    stream_ = std::make_shared<Stream>(Socket(loop_), trust_->context);
    // The handlers hold the stream too: a second address gets a stream of its own.
    stream_->next_layer().async_connect(
        endpoint, [me = self(), stream = stream_, attempt = connect_attempt()](const Error& error) {
          if (error || attempt != me->connect_attempt()) return me->on_connected(attempt, error);
          me->shake_hands();
        });
  }

  void shake_hands() {
    const std::size_t attempt = connect_attempt();
    Error error;
    stream_->next_layer().set_option(tcp::no_delay(true), error);
    const std::string& host = origin().host;
    // Server name indication carries names only (RFC 6066, 3).
    if (!is_address(host) && SSL_set_tlsext_host_name(stream_->native_handle(), host.c_str()) != 1) {
      return on_connected(attempt, asio::error::invalid_argument);
    }
    stream_->set_verify_callback(asio::ssl::host_name_verification(host), error);
    if (error) return on_connected(attempt, error);
    stream_->async_handshake(
        asio::ssl::stream_base::client,
        [me = self(), stream = stream_, attempt](const Error& failed) { me->on_connected(attempt, failed); });
  }

  void start_read(char* data, std::size_t size) override {
    stream_->async_read_some(
        asio::buffer(data, size),
        [me = self(), stream = stream_](const Error& error, std::size_t read) { me->on_read(error, read); });
  }

  void start_write(std::string_view bytes) override {
    mark_sent();
    stream_->async_write_some(
        asio::buffer(bytes.data(), bytes.size()),
        [me = self(), stream = stream_](const Error& error, std::size_t written) { me->on_written(error, written); });
  }

  std::size_t try_write(std::string_view, Error&) override { return 0; }

  // Records may wait here that carry no data of the peer's application (a session ticket); only an end counts.
  bool is_quiet() override {
    char byte;
    const auto size = ::recv(stream_->next_layer().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size > 0 || (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
  }

  void close_transport() override {
    Error ignored;
    if (stream_) stream_->next_layer().close(ignored);
  }

  asio::io_context& loop_;
  TlsTrustPtr trust_;
  std::shared_ptr<Stream> stream_;
};

}  // namespace

std::shared_ptr<Connection> make_tls_connection(asio::io_context& loop, const Connection::Context& context,
                                                const Origin& origin, const Origin& dial,
                                                const std::shared_ptr<TlsTrust>& trust) {
  return std::make_shared<TlsConnection>(loop, context, origin, dial, trust);
}

}  // namespace skald::adapters
