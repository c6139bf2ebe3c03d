// What one end of a connection has received: Beast's parser over a buffer, one message at a time. Of a message the body
// is kept, and of the rest no more than the standard work asks for.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/verb.hpp>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>

namespace skald::probe {

enum class Progress { kMore, kComplete, kBroken };

template <bool kIsRequest>
class Inbox {
 public:
  // Bodies go into `body`.
  explicit Inbox(std::string& body) : body_(body) { expect_next(); }

  boost::asio::mutable_buffer room() { return boost::asio::buffer(bytes_) + filled_; }

  // `size` more bytes are in the room. Bytes behind the message are no part of the standard work.
  Progress received(std::size_t size) {
    filled_ += size;
    boost::system::error_code error;
    const std::size_t used = parser_->put(boost::asio::buffer(bytes_.data(), filled_), error);
    filled_ -= used;
    if (parser_->is_done()) return filled_ == 0 ? Progress::kComplete : Progress::kBroken;
    if ((error && error != boost::beast::http::error::need_more) || filled_ == bytes_.size()) return Progress::kBroken;
    std::memmove(bytes_.data(), bytes_.data() + used, filled_);
    return Progress::kMore;
  }

  void expect_next() {
    body_.clear();
    parser_.emplace(body_);
  }

  bool is_post() const { return parser_->is_post; }
  int status() const { return parser_->status; }

 private:
  using View = boost::beast::string_view;
  using Error = boost::system::error_code;

  struct Parser final : boost::beast::http::basic_parser<kIsRequest> {
    explicit Parser(std::string& destination) : body(destination) { this->eager(true); }

    std::string& body;
    bool is_post = false;
    int status = 0;

    void on_request_impl(boost::beast::http::verb verb, View, View, int, Error&) override {
      is_post = verb == boost::beast::http::verb::post;
    }
    void on_response_impl(int code, View, int, Error&) override { status = code; }
    void on_field_impl(boost::beast::http::field, View, View, Error&) override {}
    void on_header_impl(Error&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
    std::size_t on_body_impl(View bytes, Error&) override {
      body.append(bytes.data(), bytes.size());
      return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t, View, Error&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View bytes, Error& error) override {
      return on_body_impl(bytes, error);
    }
    void on_finish_impl(Error&) override {}
  };

  std::string& body_;
  std::array<char, 4096> bytes_;
  std::size_t filled_ = 0;
  std::optional<Parser> parser_;
};

}  // namespace skald::probe
