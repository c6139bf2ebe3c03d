// The participant's end: keep-alive connections, the one last used first, opened as they are needed.
//
// A connection carries one call at a time and writes it without waiting; a failure is not tried again. Thread rule: the
// loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace skald::probe {

// The loop is known at compile time, so that nothing goes through a type-erased executor.
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

class Caller {
 public:
  virtual ~Caller() = default;
  // Status 200. The body is the caller's only until it returns.
  virtual void answered(std::string_view body) = 0;
  virtual void failed() = 0;
};

class Participant {
 public:
  Participant(boost::asio::io_context& loop, const boost::asio::ip::tcp::endpoint& endpoint);
  ~Participant();

  const std::string& authority() const { return authority_; }

  // `request` stays where it is until the caller hears of the end, which is never inside.
  void call(std::string_view request, Caller& caller);

 private:
  class Connection;

  boost::asio::io_context& loop_;
  boost::asio::ip::tcp::endpoint endpoint_;
  std::string authority_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;
};

}  // namespace skald::probe
