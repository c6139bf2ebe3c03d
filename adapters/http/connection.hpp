// One keep-alive connection to a participant, carrying one exchange at a time. All protocol logic is here; plain and
// TLS transports fill in the system calls.
//
// A read is always pending, also while the connection idles, so a peer that closes it is noticed before the next use,
// and bytes nobody asked for close it. Nothing is ever sent twice. Life cycle: made by its owner, closed for good by
// close(), a deadline or an error; handlers in flight keep the object alive. Thread rule: one loop.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http/deadline_wheel.hpp"
#include "adapters/http/outcome.hpp"
#include "adapters/http/resolver.hpp"
#include "adapters/http/response_reader.hpp"
#include "adapters/http/url.hpp"

namespace skald::adapters {

class Connection : public std::enable_shared_from_this<Connection>, private DeadlineWheel::Entry {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // The answer is in connection.reader(). The connection is idle, or closed when it cannot be used again.
    virtual void answered(Connection& connection) = 0;
    // The connection is closed.
    virtual void failed(Connection& connection, FailureReport report) = 0;
    // An idle connection closed itself.
    virtual void idle_closed(Connection& connection) = 0;
  };

  struct Context {
    Owner& owner;
    DeadlineWheel& wheel;
    Resolver& resolver;
    ports::Clock& clock;
    Steady idle_timeout;
  };

  // `origin` is whom we speak to, `dial` where we connect (they differ under http.connectTo).
  Connection(const Context& context, Origin origin, Origin dial);
  ~Connection() override = default;

  // The request's bytes go here before begin(); cleared by the owner.
  std::string& request() { return request_; }

  // Starts an exchange on a new or an idle connection. The owner hears of its end later, never inside. False: an idle
  // connection turned out dead before a byte was sent; it is closed, and the request may go over another.
  bool begin(Steady deadline, const ExpectedAnswer& expected);

  // No callback follows.
  void close();

  ResponseReader& reader() { return reader_; }
  const Origin& origin() const { return origin_; }
  bool is_idle() const { return state_ == State::kIdle; }

  // The owner's index of this connection.
  std::size_t slot = 0;

 protected:
  using Error = boost::system::error_code;
  using Endpoint = boost::asio::ip::tcp::endpoint;

  // The transport. Each start_ is followed by its on_ from the loop, also after close_transport(); that of
  // start_connect() says which attempt it was, since another one may be under way by then.
  virtual void start_connect(const Endpoint& endpoint) = 0;
  virtual void start_read(char* data, std::size_t size) = 0;
  virtual void start_write(std::string_view bytes) = 0;  // some of them
  // Writes some bytes without waiting; 0 and no error: not possible at the moment.
  virtual std::size_t try_write(std::string_view bytes, Error& error) = 0;
  // False when the peer has closed or bytes wait to be read.
  virtual bool is_quiet() = 0;
  virtual void close_transport() = 0;

  std::size_t connect_attempt() const { return next_endpoint_; }
  void on_connected(std::size_t attempt, Error error);
  // For a transport that cannot tell how much has left: from here on the request counts as sent.
  void mark_sent() { sent_ = true; }
  void on_read(Error error, std::size_t size);
  void on_written(Error error, std::size_t size);

 private:
  enum class State { kFresh, kConnecting, kBusy, kIdle, kClosed };

  void expired() override;
  void look_up();
  void connect(const Resolver::Addresses& addresses);
  void connect_next();
  // Of the name's; none is tried before they are known.
  bool has_another_address() const { return next_endpoint_ > 0 && next_endpoint_ < endpoints_.size(); }
  bool write_now();
  void continue_reading();
  void take_bytes();
  void finish_answer();
  void fail(Failure kind, std::string title, std::string detail = {}, std::string error_type = "communication");
  void lose(const Error& error);

  Context context_;
  Origin origin_;
  Origin dial_;
  State state_ = State::kFresh;
  std::string request_;
  std::size_t written_ = 0;
  bool sent_ = false;     // a byte of this exchange's request may have left
  bool reading_ = false;  // a read is pending
  bool reused_ = false;   // this exchange began on an idle connection
  Steady deadline_{0};
  Steady connect_until_{0};
  Steady idle_since_{0};
  std::vector<Endpoint> endpoints_;
  std::size_t next_endpoint_ = 0;
  ResponseReader reader_;
  std::string buffer_;        // its size is the room
  std::size_t buffered_ = 0;  // bytes at its front not yet consumed
};

// Neither resolves nor connects before begin().
std::shared_ptr<Connection> make_plain_connection(boost::asio::io_context& loop, const Connection::Context& context,
                                                  const Origin& origin, const Origin& dial);
class TlsTrust;
std::shared_ptr<Connection> make_tls_connection(boost::asio::io_context& loop, const Connection::Context& context,
                                                const Origin& origin, const Origin& dial,
                                                const std::shared_ptr<TlsTrust>& trust);

}  // namespace skald::adapters
