#include "adapters/http/response_reader.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <charconv>
#include <optional>

#include "engine/base/limits.hpp"

namespace skald::adapters {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

// A whole answer: head, body, and the framing of its chunks.
constexpr std::size_t kAnswerBytesMax = 2 * limits::kResponseBytesMax + kHeadBytesMax;
constexpr std::size_t kLastChunkBytes = 5;  // "0\r\n\r\n"

std::optional<std::chrono::seconds> parse_idle_hint(std::string_view value) {
  const auto at = value.find("timeout=");
  if (at == std::string_view::npos) return std::nullopt;
  int seconds = 0;
  const auto digits = value.substr(at + 8);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error != std::errc() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

// Beast's incremental parser with the fields that matter picked out as they pass.
struct ResponseReader::Parser final : http::basic_parser<false> {
  Parser(Response& answer, bool keeps_fields) : response(answer), keep_fields(keeps_fields) {
    header_limit(kHeadBytesMax);
    body_limit(limits::kResponseBytesMax);
    eager(true);
  }

  Response& response;
  bool keep_fields;
  std::string_view problem;
  std::size_t fields = 0;
  bool has_length = false;
  bool has_encoding = false;
  bool in_trailers = false;
  bool is_http_1_0 = false;

  void refuse(std::string_view why, beast::error_code& ec) {
    problem = why;
    ec = http::error::bad_value;
  }

  void on_request_impl(http::verb, beast::string_view, beast::string_view, int, beast::error_code&) override {}

  void on_response_impl(int code, beast::string_view, int version, beast::error_code& ec) override {
    ec = {};
    if (code < 100) refuse("the status is no HTTP status", ec);
    response.status = code;
    is_http_1_0 = version < 11;
  }

  void on_field_impl(http::field name, beast::string_view spelling, beast::string_view value,
                     beast::error_code& ec) override {
    ec = {};
    if (++fields > kHeadFieldsMax) return refuse("too many header fields", ec);
    if (in_trailers) return;
    if (keep_fields) response.fields.emplace_back(spelling, value);
    switch (name) {
      case http::field::content_length:
        if (has_length || has_encoding) return refuse("Content-Length contradicts another framing field", ec);
        if (value.find(',') != beast::string_view::npos) return refuse("Content-Length is a list", ec);
        has_length = true;
        break;
      case http::field::transfer_encoding:
        if (has_length || has_encoding) return refuse("Transfer-Encoding contradicts another framing field", ec);
        if (!beast::iequals(value, "chunked")) return refuse("Transfer-Encoding is not 'chunked'", ec);
        if (is_http_1_0) return refuse("Transfer-Encoding in an HTTP/1.0 answer", ec);
        has_encoding = true;
        break;
      case http::field::content_type:
        response.content_type.assign(value.data(), value.size());
        break;
      case http::field::content_encoding:
        response.is_encoded = response.is_encoded || !(value.empty() || beast::iequals(value, "identity"));
        break;
      case http::field::retry_after:
        response.retry_after.assign(value.data(), value.size());
        break;
      case http::field::location:
        response.location.assign(value.data(), value.size());
        break;
      case http::field::www_authenticate:
        response.challenges.emplace_back(value);
        break;
      case http::field::keep_alive:
        response.idle_hint = parse_idle_hint({value.data(), value.size()});
        break;
      default:
        break;
    }
  }

  void on_header_impl(beast::error_code& ec) override {
    ec = {};
    in_trailers = true;
    const bool bodiless = response.status / 100 == 1 || response.status == 204;
    if (bodiless && (has_encoding || content_length().value_or(0) != 0)) {
      refuse("a body is announced where there can be none", ec);
    }
  }

  void on_body_init_impl(boost::optional<std::uint64_t> const& length, beast::error_code& ec) override {
    ec = {};
    response.ended_by_close = need_eof();
    if (length) response.body.reserve(static_cast<std::size_t>(*length));
  }

  std::size_t on_body_impl(beast::string_view bytes, beast::error_code& ec) override {
    ec = {};
    response.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code& ec) override { ec = {}; }

  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, beast::error_code& ec) override {
    return on_body_impl(bytes, ec);
  }

  void on_finish_impl(beast::error_code& ec) override { ec = {}; }
};

struct ResponseReader::Impl {
  Response response;
  std::optional<Parser> parser;
  ExpectedAnswer expected;
  bool has_begun = false;
  std::size_t interim = 0;
  std::size_t total = 0;
  std::string problem;

  // An interim answer ended: the next one begins.
  void begin_answer() {
    response.status = 0;
    response.content_type.clear();
    response.retry_after.clear();
    response.location.clear();
    response.body.clear();
    response.fields.clear();
    response.challenges.clear();
    response.is_encoded = response.ended_by_close = response.keep_alive = false;
    response.idle_hint.reset();
    parser.emplace(response, expected.keep_fields);
    parser->skip(expected.without_body);
  }

  Progress bad(std::string_view why) {
    problem = why;
    return Progress::kBad;
  }

  Progress too_large(std::string_view why) {
    problem = why;
    return Progress::kTooLarge;
  }

  Progress judge(const beast::error_code& ec) {
    if (ec == http::error::body_limit) return too_large("the body exceeds 1 MiB");
    if (ec == http::error::header_limit) return too_large("the head exceeds 16 KiB");
    return parser->problem.empty() ? bad(ec.message()) : bad(parser->problem);
  }

  Progress complete() {
    response.keep_alive = parser->keep_alive();
    return Progress::kComplete;
  }

  bool is_interim() const { return parser->is_done() && response.status / 100 == 1; }
};

ResponseReader::ResponseReader() : impl_(std::make_unique<Impl>()) {}
ResponseReader::~ResponseReader() = default;

void ResponseReader::reset(const ExpectedAnswer& expected) {
  impl_->expected = expected;
  impl_->has_begun = false;
  impl_->interim = impl_->total = 0;
  impl_->problem.clear();
  impl_->begin_answer();
}

ResponseReader::Progress ResponseReader::feed(std::string_view bytes, std::size_t& consumed) {
  Impl& me = *impl_;
  consumed = 0;
  while (consumed < bytes.size()) {
    me.has_begun = true;
    beast::error_code ec;
    const auto rest = bytes.substr(consumed);
    // Beast asserts that the last chunk's header comes with five bytes; an unfinished chunked answer has as many to
    // come.
    if (me.parser->is_header_done() && me.parser->chunked() && rest.size() < kLastChunkBytes) break;
    const std::size_t taken = me.parser->put({rest.data(), rest.size()}, ec);
    consumed += taken;
    me.total += taken;
    if (ec && ec != http::error::need_more) return me.judge(ec);
    if (me.total > kAnswerBytesMax) return me.too_large("the answer's framing exceeds its limit");
    if (me.is_interim()) {
      if (me.response.status == 101) return me.bad("101 Switching Protocols was not asked for");
      if (++me.interim > kInterimAnswersMax) return me.bad("too many interim answers");
      me.has_begun = false;
      me.begin_answer();
      continue;
    }
    if (me.parser->is_done()) return me.complete();
    if (ec == http::error::need_more || taken == 0) break;
  }
  if (bytes.size() - consumed >= kHeadBytesMax) return me.too_large("a line or the trailers exceed 16 KiB");
  return Progress::kMore;
}

ResponseReader::Progress ResponseReader::finish() {
  Impl& me = *impl_;
  if (!me.parser->got_some()) return me.bad("the connection was closed before an answer");
  beast::error_code ec;
  me.parser->put_eof(ec);
  if (ec) return me.bad("the connection was closed in the middle of the answer");
  return me.complete();
}

bool ResponseReader::has_begun() const {
  return impl_->has_begun;
}

Response& ResponseReader::response() {
  return impl_->response;
}

std::string_view ResponseReader::problem() const {
  return impl_->problem;
}

}  // namespace skald::adapters
