// `output` and `redirect` of `call: http`, between a participant and real servers.
#include <gmock/gmock.h>

#include <atomic>

#include "tests/adapters/http/participant_fixture.hpp"
#include "tests/adapters/http/raw_server.hpp"

namespace skald::test {
namespace {

using definition::AnswerForm;
using saga::AttemptOutcome;
using ::testing::HasSubstr;

class AnswerForms : public ParticipantTest {
 protected:
  static ports::ParticipantCall literal(const std::string& url, AnswerForm output, bool redirect = false) {
    saga::Request request;
    request.method = "GET";
    request.target = url;
    request.output = output;
    request.redirect = redirect;
    return make_call(std::move(request));
  }
};

TEST_F(AnswerForms, AResponseHasTheHeadersOfTheFinalAnswer) {
  RawServer server([](const RawRequest&) {
    return RawReply{"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
                    http_answer(201, R"({"a":1})", "content-type: application/json\r\nX-Shop: one\r\nx-shop: two\r\n")};
  });
  const auto answer = exchange(literal(server.url("/b"), AnswerForm::kResponse));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kDone);
  EXPECT_EQ(answer.body.text(),
            R"({"request":{"method":"GET","uri":")" + server.url("/b") +
                R"(","headers":{}},"statusCode":201,"headers":{"Content-Length":"7","Content-Type":"application/json",)"
                R"("X-Shop":"one, two"},"content":{"a":1}})");
}

TEST_F(AnswerForms, TheHeadersOfOneAnswerAreNotThoseOfTheNextOnItsConnection) {
  RawServer server([](const RawRequest& request) {
    return RawReply{http_answer(200, "1", request.number == 1 ? "X-First: yes\r\n" : "")};
  });
  EXPECT_THAT(exchange(literal(server.url(), AnswerForm::kResponse)).body.text(), HasSubstr("X-First"));
  EXPECT_EQ(exchange(literal(server.url(), AnswerForm::kContent)).body.text(), "1");
  EXPECT_THAT(exchange(literal(server.url(), AnswerForm::kResponse)).body.text(), Not(HasSubstr("X-First")));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(AnswerForms, RawIsBase64) {
  RawServer server(
      [](const RawRequest&) { return RawReply{http_answer(200, "\x89PNG", "Content-Type: image/png\r\n")}; });
  EXPECT_EQ(exchange(literal(server.url(), AnswerForm::kRaw)).body.text(), "\"iVBORw==\"");
}

TEST_F(AnswerForms, ARedirectIsAnAnswerOnlyWhereTheStepSaysSo) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(302, "moved", "Location: /c\r\n")}; });
  const auto refused = exchange(literal(server.url("/b"), AnswerForm::kContent));
  EXPECT_EQ(refused.outcome, AttemptOutcome::kUnknown);
  EXPECT_FALSE(refused.retryable);
  EXPECT_EQ(refused.title, "the participant answered 302");
  const auto taken = exchange(literal(server.url("/b"), AnswerForm::kContent, true));
  EXPECT_EQ(taken.outcome, AttemptOutcome::kDone);
  EXPECT_EQ(taken.status, 302);
  EXPECT_EQ(taken.body.text(), "\"moved\"");
  const auto whole = exchange(literal(server.url("/b"), AnswerForm::kResponse, true));
  EXPECT_THAT(whole.body.text(), HasSubstr(R"("Location":"/c")"));
  EXPECT_EQ(server.requests().size(), 3u) << "a redirect was followed";
}

TEST_F(AnswerForms, ARedirectOptionLeavesOtherStatusesAlone) {
  std::atomic<int> status{0};
  RawServer server([&](const RawRequest&) { return RawReply{http_answer(status, "")}; });
  for (const auto& [given, outcome] :
       {std::pair(404, AttemptOutcome::kRefused), std::pair(503, AttemptOutcome::kUnknown),
        std::pair(200, AttemptOutcome::kDone)}) {
    status = given;
    EXPECT_EQ(exchange(literal(server.url(), AnswerForm::kResponse, true)).outcome, outcome) << given;
  }
}

TEST_F(AnswerForms, HeadersHaveALimit) {
  RawServer server([](const RawRequest&) {
    return RawReply{http_answer(200, "{}", "X-Long: " + std::string(20'000, 'a') + "\r\n"), RawReply::Then::kClose};
  });
  const auto answer = exchange(literal(server.url(), AnswerForm::kResponse));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kUnknown);
  EXPECT_EQ(answer.title, "the answer is too large");
  RawServer many([](const RawRequest&) {
    std::string lines;
    for (int i = 0; i < 120; ++i) lines += "X-" + std::to_string(i) + ": a\r\n";
    return RawReply{http_answer(200, "{}", lines), RawReply::Then::kClose};
  });
  EXPECT_EQ(exchange(literal(many.url(), AnswerForm::kResponse)).outcome, AttemptOutcome::kUnknown);
}

}  // namespace
}  // namespace skald::test
