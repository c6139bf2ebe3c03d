#include "adapters/http/response_reader.hpp"

#include <gmock/gmock.h>

#include <string>

namespace skald::adapters {
namespace {

using Progress = ResponseReader::Progress;

struct Read {
  Progress progress = Progress::kMore;
  Response response;
  std::string problem;
  std::size_t left = 0;
};

// Feeds the text in pieces of `piece` bytes, as a connection does; then the end of the connection.
Read read_in_pieces(const std::string& text, std::size_t piece, bool closes = false, bool without_body = false) {
  ResponseReader reader;
  reader.reset({.without_body = without_body, .keep_fields = true});
  std::string buffer;
  Read result;
  for (std::size_t at = 0; at < text.size() && result.progress == Progress::kMore; at += piece) {
    buffer += text.substr(at, piece);
    std::size_t consumed = 0;
    result.progress = reader.feed(buffer, consumed);
    buffer.erase(0, consumed);
  }
  if (result.progress == Progress::kMore && closes) result.progress = reader.finish();
  result.response = reader.response();
  result.problem = reader.problem();
  result.left = buffer.size();
  return result;
}

// However the bytes arrive, the answer is the same. Only garbage is recognized later when it comes in pieces: the
// parser then waits for the end of a head, until the limit or the deadline.
Read read(const std::string& text, bool closes = false, bool without_body = false) {
  const Read whole = read_in_pieces(text, text.size() + 1, closes, without_body);
  for (const std::size_t piece : {1, 2, 3, 7, 64}) {
    const Read pieces = read_in_pieces(text, piece, closes, without_body);
    if (whole.progress == Progress::kBad && pieces.progress == Progress::kMore) continue;
    EXPECT_EQ(pieces.progress, whole.progress) << "in pieces of " << piece << ": " << pieces.problem;
    if (whole.progress == Progress::kComplete) {
      EXPECT_EQ(pieces.response.status, whole.response.status);
      EXPECT_EQ(pieces.response.body, whole.response.body);
    }
  }
  return whole;
}

void expect_bad(const std::string& text, const std::string& problem) {
  const Read result = read(text);
  EXPECT_EQ(result.progress, Progress::kBad) << text.substr(0, 200);
  EXPECT_EQ(result.problem, problem);
}

// Beast asserts on a last chunk of which it sees fewer than five bytes: an answer must not be able to do that.
TEST(ResponseReader, TakesAnEmptyChunkedAnswerInPieces) {
  const auto result = read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_EQ(result.progress, Progress::kComplete);
  EXPECT_EQ(result.response.body, "");
  EXPECT_EQ(result.left, 0u);
}

TEST(ResponseReader, ReadsAnAnswerWithALength) {
  const Read result = read(
      "HTTP/1.1 201 Created\r\nContent-Type: application/json; charset=utf-8\r\nRetry-After: 3\r\n"
      "Content-Length: 7\r\n\r\n{\"a\":1}");
  EXPECT_EQ(result.progress, Progress::kComplete);
  EXPECT_EQ(result.response.status, 201);
  EXPECT_EQ(result.response.content_type, "application/json; charset=utf-8");
  EXPECT_EQ(result.response.retry_after, "3");
  EXPECT_EQ(result.response.body, "{\"a\":1}");
  EXPECT_TRUE(result.response.keep_alive);
  EXPECT_FALSE(result.response.ended_by_close);
}

TEST(ResponseReader, ReadsChunks) {
  const Read result = read(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;ext=\"1\"\r\n{\"a\r\n4\r\n\":1}\r\n0\r\nX-Trailer: 1\r\n\r\n");
  EXPECT_EQ(result.progress, Progress::kComplete);
  EXPECT_EQ(result.response.body, "{\"a\":1}");
}

TEST(ResponseReader, TrailersDoNotActAsHeaders) {
  const Read result = read(
      "HTTP/1.1 503 X\r\nTransfer-Encoding: chunked\r\nRetry-After: 1\r\n\r\n"
      "2\r\n{}\r\n0\r\nRetry-After: 999\r\nContent-Type: application/json\r\n\r\n");
  EXPECT_EQ(result.progress, Progress::kComplete);
  EXPECT_EQ(result.response.retry_after, "1");
  EXPECT_EQ(result.response.content_type, "");
}

TEST(ResponseReader, ABodyMayEndWithTheConnection) {
  const Read result = read("HTTP/1.0 200 OK\r\n\r\n{\"a\":1}", true);
  EXPECT_EQ(result.progress, Progress::kComplete);
  EXPECT_EQ(result.response.body, "{\"a\":1}");
  EXPECT_TRUE(result.response.ended_by_close);
  EXPECT_FALSE(result.response.keep_alive);
}

TEST(ResponseReader, ACutAnswerIsBad) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", true).problem,
            "the connection was closed in the middle of the answer");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", true).progress, Progress::kBad);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Le", true).progress, Progress::kBad);
  EXPECT_EQ(read("", true).problem, "the connection was closed before an answer");
}

TEST(ResponseReader, InterimAnswersAreSkipped) {
  const Read result = read(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nRetry-After: 77\r\nContent-Type: text/html\r\n\r\n"
      "HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(result.progress, Progress::kComplete);
  EXPECT_EQ(result.response.status, 409);
  EXPECT_EQ(result.response.retry_after, "");
  EXPECT_EQ(result.response.content_type, "");
}

TEST(ResponseReader, AnInterimAnswerIsNeverTheLast) {
  EXPECT_EQ(read("HTTP/1.1 103 Early Hints\r\n\r\n", true).progress, Progress::kBad);
  EXPECT_EQ(read("HTTP/1.1 100 Continue\r\n\r\n").progress, Progress::kMore);
  expect_bad("HTTP/1.1 101 Switching Protocols\r\n\r\n", "101 Switching Protocols was not asked for");
  std::string many;
  for (int i = 0; i < 9; ++i) many += "HTTP/1.1 100 Continue\r\n\r\n";
  expect_bad(many, "too many interim answers");
}

TEST(ResponseReader, ContradictoryFramingIsRefused) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  expect_bad(ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
             "Content-Length contradicts another framing field");
  expect_bad(ok + "Content-Length: 2, 2\r\n\r\n{}", "Content-Length is a list");
  expect_bad(ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", "bad Transfer-Encoding");
  expect_bad(ok + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n", "bad Content-Length");
  expect_bad(ok + "Transfer-Encoding: xchunked\r\n\r\n", "Transfer-Encoding is not 'chunked'");
  expect_bad(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", "Transfer-Encoding is not 'chunked'");
  expect_bad(ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "bad Transfer-Encoding");
  expect_bad("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding in an HTTP/1.0 answer");
  expect_bad(ok + "Content-Length: -1\r\n\r\n", "bad Content-Length");
  expect_bad(ok + "Content-Length: +2\r\n\r\n{}", "bad Content-Length");
  expect_bad("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}", "a body is announced where there can be none");
}

TEST(ResponseReader, WhatIsNotHttpIsBad) {
  for (const std::string text :
       {"hello\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "\r\n\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA\x01: x\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n"}) {
    EXPECT_EQ(read(text).progress, Progress::kBad) << text;
  }
  expect_bad("HTTP/1.1 099 X\r\n\r\n", "the status is no HTTP status");
}

TEST(ResponseReader, AnAnswerWithoutABodyIsComplete) {
  EXPECT_EQ(read("HTTP/1.1 204 No Content\r\n\r\n").progress, Progress::kComplete);
  EXPECT_EQ(read("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n").progress, Progress::kComplete);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", false, true).progress, Progress::kComplete);
}

TEST(ResponseReader, EverythingHasALimit) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(read_in_pieces(ok + "X: " + std::string(kHeadBytesMax, 'a'), 1000).progress, Progress::kTooLarge);
  EXPECT_EQ(read_in_pieces("HTTP/1.1 200 " + std::string(kHeadBytesMax, 'a'), 1000).progress, Progress::kTooLarge);
  std::string fields;
  for (std::size_t i = 0; i <= kHeadFieldsMax; ++i) fields += "X-Field: 1\r\n";
  expect_bad(ok + fields + "\r\n", "too many header fields");
  EXPECT_EQ(read(ok + "Content-Length: 1048577\r\n\r\n").problem, "the body exceeds 1 MiB");
  EXPECT_EQ(read(ok + "Content-Length: 1048577\r\n\r\n").progress, Progress::kTooLarge);
  EXPECT_EQ(read(ok + "Content-Length: 99999999999999999999\r\n\r\n").progress, Progress::kBad);

  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(read(chunked + "100001\r\n").progress, Progress::kTooLarge);
  EXPECT_EQ(read(chunked + "FFFFFFFFFFFFFFFF\r\n").progress, Progress::kTooLarge);
  EXPECT_EQ(read_in_pieces(chunked + "1;" + std::string(kHeadBytesMax, 'e'), 1000).progress, Progress::kTooLarge);
  EXPECT_EQ(read_in_pieces(chunked + "0\r\n" + std::string(kHeadBytesMax, 't'), 1000).progress, Progress::kTooLarge);
  std::string endless_body = ok + "\r\n" + std::string(1024 * 1024 + 1, 'x');
  EXPECT_EQ(read_in_pieces(endless_body, 4096).progress, Progress::kTooLarge);
  // Much framing around little body.
  std::string framing = chunked;
  while (framing.size() < 4 * 1024 * 1024) framing += "1;e=" + std::string(8000, 'e') + "\r\nx\r\n";
  EXPECT_EQ(read_in_pieces(framing, 4096).progress, Progress::kTooLarge);
}

TEST(ResponseReader, BytesBehindTheAnswerAreLeft) {
  const Read result = read_in_pieces("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n", 1000);
  EXPECT_EQ(result.progress, Progress::kComplete);
  EXPECT_EQ(result.left, std::string("HTTP/1.1 200 OK\r\n").size());
}

TEST(ResponseReader, KeepAliveAndItsHint) {
  EXPECT_FALSE(read("HTTP/1.1 204 X\r\nConnection: close\r\n\r\n").response.keep_alive);
  EXPECT_FALSE(read("HTTP/1.0 204 X\r\n\r\n").response.keep_alive);
  EXPECT_EQ(read("HTTP/1.1 204 X\r\nKeep-Alive: timeout=5, max=10\r\n\r\n").response.idle_hint,
            std::chrono::seconds(5));
  EXPECT_EQ(read("HTTP/1.1 204 X\r\nKeep-Alive: timeout=99999999999\r\n\r\n").response.idle_hint, std::nullopt);
}

TEST(ResponseReader, IsUsedAgainAfterReset) {
  ResponseReader reader;
  for (int i = 0; i < 3; ++i) {
    reader.reset({});
    std::size_t consumed = 0;
    EXPECT_EQ(reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nRetry-After: 1\r\n\r\n{}", consumed),
              Progress::kComplete);
    EXPECT_EQ(reader.response().body, "{}");
  }
}

}  // namespace
}  // namespace skald::adapters
