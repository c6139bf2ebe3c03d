#include "bench/load/answer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace skald::bench {
namespace {

TEST(ReadAnswer, WholeAnswerHasStatusBodyAndSize) {
  const std::string bytes = "HTTP/1.1 201 Created\r\ncontent-LENGTH: 2\r\nLocation: /x\r\n\r\n{}HTTP/1.1 200";
  const Answer answer = read_answer(bytes);
  EXPECT_EQ(answer.state, AnswerState::kComplete);
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "{}");
  EXPECT_EQ(answer.size, bytes.size() - 12);
  EXPECT_FALSE(answer.close);
}

TEST(ReadAnswer, EveryPrefixIsIncomplete) {
  const std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: Close\r\n\r\nhello";
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(read_answer(std::string_view(bytes).substr(0, size)).state, AnswerState::kIncomplete) << size;
  }
  EXPECT_TRUE(read_answer(bytes).close);
}

TEST(ReadAnswer, OtherProtocolsAndLengthsAreMalformed) {
  for (const char* bytes :
       {"SSH-2.0-x\r\n\r\n", "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"}) {
    EXPECT_EQ(read_answer(bytes).state, AnswerState::kMalformed) << bytes;
  }
}

TEST(TopLevelString, NestedMembersAndValuesDoNotMatch) {
  const char* json =
      R"({"note":"outcome","compensation":{"outcome":"inner"},"steps":[{"outcome":"x"}],"outcome" : "completed"})";
  EXPECT_EQ(top_level_string(json, "outcome"), "completed");
}

TEST(TopLevelString, TextInsideStringsIsNoStructure) {
  EXPECT_EQ(top_level_string(R"({"a":"}\"{[","outcome":"faulted"})", "outcome"), "faulted");
}

TEST(TopLevelString, MissingOrOtherKindsAreEmpty) {
  for (const char* json :
       {"", "{}", R"({"outcome":null})", R"({"outcome":1})", R"({"outcome)", R"({"outcome":)", R"({"outcome":"cut)"}) {
    EXPECT_EQ(top_level_string(json, "outcome"), "") << json;
  }
}

}  // namespace
}  // namespace skald::bench
