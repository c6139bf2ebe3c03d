// Reads one answer of a peer that is not trusted: Beast's parser under rules of our own.
//
// Beast hands an interim answer (100, 103) out as the final one, takes `Transfer-Encoding: xchunked`, repeated
// Content-Length and trailers and chunk extensions without end. Here interim answers are skipped (a few), contradictory
// framing is refused, and everything has a limit. Life cycle: reset() before each answer. Thread rule: one owner.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"

namespace skald::adapters {

inline constexpr std::size_t kHeadBytesMax = 16 * 1024;  // also of one chunk header with its extensions and trailers
inline constexpr std::size_t kHeadFieldsMax = 100;
inline constexpr std::size_t kInterimAnswersMax = 8;

struct Response {
  int status = 0;
  std::string content_type;
  std::string retry_after;
  std::string location;
  std::vector<std::string> challenges;  // WWW-Authenticate
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;  // the head as it came, where it was asked for
  bool is_encoded = false;                        // Content-Encoding other than identity: the body is not what it says
  bool ended_by_close = false;                    // no length: the end of the connection is the end of the body
  bool keep_alive = false;                        // the connection may carry another request
  std::optional<std::chrono::seconds> idle_hint;  // Keep-Alive: timeout=N
};

struct ExpectedAnswer {
  bool without_body = false;  // to a HEAD request
  bool keep_fields = false;
};

class ResponseReader {
 public:
  enum class Progress {
    kMore,      // give it more bytes
    kComplete,  // response() is the answer
    kBad,       // malformed; problem() says how
    kTooLarge,
  };

  ResponseReader();
  ~ResponseReader();

  void reset(const ExpectedAnswer& expected);

  // Takes bytes from the front of `bytes`; `consumed` of them are done with, the rest comes again with more behind it.
  Progress feed(std::string_view bytes, std::size_t& consumed);

  // The peer closed the connection in good order.
  Progress finish();

  // A byte of the final answer was seen.
  bool has_begun() const;

  Response& response();
  std::string_view problem() const;

 private:
  struct Parser;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skald::adapters
