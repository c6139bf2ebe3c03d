// HTTP/1.1 requests through Beast's parser, with what Beast lets pass refused here: duplicate Host or Content-Length,
// transfer codings other than "chunked", a length beside chunks, chunk extensions, trailers, header blocks above the
// limit in sum, control characters in values.
//
// Life cycle: one object a request; feed() until it says complete. Thread rule: one connection's loop.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "api/http/message.hpp"

namespace skald::api {

struct HttpLimits {
  std::size_t header_bytes_max = 8 * 1024;
  std::size_t body_bytes_max = 1024 * 1024;
  unsigned header_seconds = 10;
  unsigned body_seconds = 30;
  unsigned idle_seconds = 60;
  unsigned write_seconds = 30;
  std::size_t connections_max = 1024;
};

// Why a request is not answered by a handler. `status` 0: no problem.
struct Refusal {
  int status = 0;
  std::string_view code;
  std::string message;
  std::string path = "/";  // of the request, where its first line was read
};

class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  explicit RequestParser(const HttpLimits& limits);

  enum class Progress { kNeedMore, kComplete, kRefused };
  // Takes bytes; `used` is how many. The rest belongs to the next request.
  Progress feed(std::string_view bytes, std::size_t& used);

  bool has_header() const { return has_header_; }
  bool expects_continue() const { return expects_continue_; }
  const Refusal& refusal() const { return refusal_; }
  Request& request() { return request_; }

 private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;

  void on_request_impl(Verb verb, string_view verb_text, string_view target, int version, error_code& ec) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field name, string_view name_text, string_view value, error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& ec) override;
  std::size_t on_body_impl(string_view body, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, string_view body, error_code& ec) override;
  void on_finish_impl(error_code&) override {}

  void refuse(int status, std::string_view code, std::string_view message, error_code& ec);
  std::string body_too_large() const;
  Progress failed(const error_code& ec);

  const HttpLimits& limits_;
  Request request_;
  Refusal refusal_;
  std::size_t header_bytes_ = 0;
  unsigned hosts_ = 0;
  unsigned lengths_ = 0;
  unsigned codings_ = 0;
  bool has_header_ = false;
  bool expects_continue_ = false;
};

}  // namespace skald::api
