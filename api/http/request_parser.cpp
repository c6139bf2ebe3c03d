#include "api/http/request_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "api/http/target.hpp"
#include "engine/base/ignore_case.hpp"

namespace skald::api {
namespace {

namespace http = boost::beast::http;

constexpr std::string_view kMalformed = "http.malformed";

constexpr std::size_t kLastChunkBytes = 5;  // "0\r\n\r\n"

bool has_control_character(std::string_view value) {
  return std::ranges::any_of(value,
                             [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

}  // namespace

RequestParser::RequestParser(const HttpLimits& limits) : limits_(limits) {
  eager(true);
  header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
  body_limit(limits.body_bytes_max);
}

RequestParser::Progress RequestParser::feed(std::string_view bytes, std::size_t& used) {
  used = 0;
  while (true) {
    // Beast asserts that the last chunk's header comes with five bytes; an unfinished chunked message has as many to
    // come.
    if (has_header_ && codings_ > 0 && bytes.size() - used < kLastChunkBytes) return Progress::kNeedMore;
    error_code ec;
    const std::size_t taken = put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), ec);
    used += taken;
    if (ec && ec != http::error::need_more) return failed(ec);
    if (is_done()) return Progress::kComplete;
    if (taken == 0 || used == bytes.size()) return Progress::kNeedMore;
  }
}

RequestParser::Progress RequestParser::failed(const error_code& ec) {
  if (refusal_.status == 0) {
    if (ec == http::error::header_limit || ec == http::error::buffer_overflow) {
      refusal_ = {431, "http.header_too_large", "the request's header is larger than the server takes"};
    } else if (ec == http::error::body_limit) {
      refusal_ = {413, "http.body_too_large", body_too_large()};
    } else if (ec == http::error::bad_version) {
      refusal_ = {505, "http.version", "the server speaks HTTP/1.1"};
    } else if (ec == http::error::bad_content_length || ec == http::error::multiple_content_length) {
      refusal_ = {400, kMalformed, "the request's Content-Length is not one number"};
    } else if (ec == http::error::bad_transfer_encoding) {
      refusal_ = {400, kMalformed, "the request's Transfer-Encoding is not one the server takes"};
    } else {
      refusal_ = {400, kMalformed, "the request is not well-formed HTTP/1.1"};
    }
  }
  if (request_.target.starts_with('/')) refusal_.path = request_.path();
  return Progress::kRefused;
}

std::string RequestParser::body_too_large() const {
  const auto length = request_.header("Content-Length");  // Beast tells it only after the header
  return fmt::format("the request's body must have at most {} bytes{}", limits_.body_bytes_max,
                     length ? fmt::format(" (got {})", *length) : "");
}

void RequestParser::refuse(int status, std::string_view code, std::string_view message, error_code& ec) {
  refusal_ = {status, code, std::string(message)};
  ec = http::error::bad_field;
}

void RequestParser::on_request_impl(Verb verb, string_view, string_view target, int version, error_code&) {
  request_.verb = verb;
  request_.target.assign(target.data(), target.size());
  request_.is_http_1_0 = version == 10;
  header_bytes_ = target.size() + 16;
  request_.headers.reserve(12);
}

void RequestParser::on_field_impl(http::field name, string_view name_text, string_view value, error_code& ec) {
  if (has_header_) return refuse(400, kMalformed, "trailers are not taken", ec);
  header_bytes_ += name_text.size() + value.size() + 4;
  if (header_bytes_ > limits_.header_bytes_max) {
    return refuse(431, "http.header_too_large", "the request's header is larger than the server takes", ec);
  }
  const std::string_view text(value.data(), value.size());
  if (has_control_character(text)) return refuse(400, kMalformed, "a header value has a control character", ec);
  switch (name) {
    case http::field::host:
      if (++hosts_ > 1) return refuse(400, kMalformed, "the request has more than one Host", ec);
      break;
    case http::field::content_length:
      if (++lengths_ > 1) return refuse(400, kMalformed, "the request has more than one Content-Length", ec);
      if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
        return refuse(400, kMalformed, "the request's Content-Length is not one number", ec);
      }
      break;
    case http::field::transfer_encoding:
      ++codings_;
      if (codings_ > 1 || !equals_ignoring_case(text, "chunked") || request_.is_http_1_0) {
        return refuse(400, kMalformed, "the only Transfer-Encoding taken is \"chunked\", once, in HTTP/1.1", ec);
      }
      break;
    case http::field::expect:
      if (!equals_ignoring_case(text, "100-continue")) {
        return refuse(417, "http.expectation", "the only expectation taken is 100-continue", ec);
      }
      expects_continue_ = !request_.is_http_1_0;
      break;
    default:
      break;
  }
  request_.headers.emplace_back(std::string(name_text.data(), name_text.size()), std::string(text));
}

void RequestParser::on_header_impl(error_code& ec) {
  has_header_ = true;
  if (lengths_ > 0 && codings_ > 0) {
    return refuse(400, kMalformed, "the request has both a Content-Length and a Transfer-Encoding", ec);
  }
  if (hosts_ == 0 && !request_.is_http_1_0) return refuse(400, kMalformed, "the request has no Host", ec);
  request_.keep_alive = keep_alive();
  if (const auto wrong = split_target(request_); !wrong.empty()) refuse(400, kMalformed, wrong, ec);
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
  if (length) request_.body.reserve(std::min<std::uint64_t>(*length, limits_.body_bytes_max));
}

std::size_t RequestParser::on_body_impl(string_view body, error_code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t, string_view extensions, error_code& ec) {
  if (!extensions.empty()) refuse(400, kMalformed, "chunk extensions are not taken", ec);
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, string_view body, error_code& ec) {
  if (request_.body.size() + body.size() > limits_.body_bytes_max) {
    refuse(413, "http.body_too_large", body_too_large(), ec);
    return 0;
  }
  return on_body_impl(body, ec);
}

}  // namespace skald::api
