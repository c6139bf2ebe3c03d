// `authentication` of an endpoint, between a participant and a real server.
#include <gmock/gmock.h>

#include <cstdlib>

#include "tests/adapters/http/participant_fixture.hpp"
#include "tests/adapters/http/raw_server.hpp"

namespace skald::test {
namespace {

using definition::Authentication;
using definition::BasicAuthentication;
using definition::BearerAuthentication;
using definition::SecretReference;
using saga::AttemptOutcome;

class EndpointAuthentication : public ParticipantTest {
 protected:
  EndpointAuthentication() {
    ::setenv("SKALD_SECRET_STEP_TOKEN", "s3cr3t", 1);
    ::setenv("SKALD_SECRET_STEP_USER", R"({"username":"shop","password":"a:b","number":5})", 1);
    registry.need_secrets({"step-token", "step-user", "step-missing"});
  }
  ~EndpointAuthentication() override {
    ::unsetenv("SKALD_SECRET_STEP_TOKEN");
    ::unsetenv("SKALD_SECRET_STEP_USER");
    ::unsetenv("SKALD_SECRET_STEP_MISSING");
  }

  ports::ParticipantCall call_as(Authentication authentication) {
    auto call = literal_call(server.url("/a"));
    call.authentication = std::make_shared<const Authentication>(std::move(authentication));
    return call;
  }

  // What the server saw; "-" where it was not asked.
  std::string authorization_of(Authentication authentication) {
    answer = exchange(call_as(std::move(authentication)));
    const auto requests = server.requests();
    if (requests.size() == seen_) return "-";
    seen_ = requests.size();
    return requests.back().headers.at("authorization");
  }

  void expect_refused(Authentication authentication, const std::string& title) {
    EXPECT_EQ(authorization_of(std::move(authentication)), "-");
    EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
    EXPECT_FALSE(answer.sent);
    EXPECT_FALSE(answer.retryable);
    EXPECT_EQ(answer.title, title);
    EXPECT_EQ(answer.detail, "");
  }

  RawServer server{[](const RawRequest&) { return RawReply{http_answer(200, "{}")}; }};
  saga::Answer answer;

 private:
  std::size_t seen_ = 0;
};

TEST_F(EndpointAuthentication, IsInTheHeader) {
  EXPECT_EQ(authorization_of(BearerAuthentication{"t0ken"}), "Bearer t0ken");
  EXPECT_EQ(authorization_of(BasicAuthentication{"Aladdin", "open sesame"}), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(authorization_of(BasicAuthentication{"key", ""}), "Basic a2V5Og==");
}

TEST_F(EndpointAuthentication, IsTakenFromSecretsWhenItIsSent) {
  EXPECT_EQ(authorization_of(BearerAuthentication{SecretReference{"step-token", ""}}), "Bearer s3cr3t");
  EXPECT_EQ(authorization_of(BasicAuthentication{SecretReference{"step-user", "username"},
                                                 SecretReference{"step-user", "password"}}),
            "Basic c2hvcDphOmI=");
  ::setenv("SKALD_SECRET_STEP_TOKEN", "rotated", 1);
  ASSERT_TRUE(registry.refresh());
  EXPECT_EQ(authorization_of(BearerAuthentication{SecretReference{"step-token", ""}}), "Bearer rotated");
}

TEST_F(EndpointAuthentication, AMissingSecretIsWaitedForByRetries) {
  EXPECT_TRUE(log.has("a secret of a workflow is not set: calls that need it are not sent secret=step-missing"));
  EXPECT_EQ(authorization_of(BearerAuthentication{SecretReference{"step-missing", ""}}), "-");
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_TRUE(answer.retryable);
  EXPECT_FALSE(answer.sent);
  EXPECT_EQ(answer.title, "secret 'step-missing' is not set");
  EXPECT_EQ(answer.error_type, "authorization");
  ::setenv("SKALD_SECRET_STEP_MISSING", "late", 1);
  ASSERT_TRUE(registry.refresh());
  EXPECT_EQ(authorization_of(BearerAuthentication{SecretReference{"step-missing", ""}}), "Bearer late");
}

TEST_F(EndpointAuthentication, WhatCannotBeSentIsRefusedWithoutAWordOfIt) {
  expect_refused(BearerAuthentication{}, "the authentication's token has no value: its expression gave no text");
  expect_refused(BearerAuthentication{""}, "the authentication's token is empty");
  expect_refused(BearerAuthentication{"t0p\r\nHost: x"},
                 "the credentials hold characters that HTTP headers do not allow");
  expect_refused(BasicAuthentication{"a:b", "c"},
                 "the authentication's username has a ':', which ends a username (RFC 7617, RFC 7616)");
  expect_refused(BearerAuthentication{SecretReference{"step-token", "field"}},
                 "secret 'step-token' is no JSON object with a text 'field'");
  expect_refused(BearerAuthentication{SecretReference{"step-user", "number"}},
                 "secret 'step-user' is no JSON object with a text 'number'");
}

TEST_F(EndpointAuthentication, AnUploadedDefinitionUsesAllowedSecretsOnly) {
  options.allowed_hosts = {"127.0.0.1"};
  options.allowed_secrets = {"step-user"};
  auto call = call_as(BearerAuthentication{SecretReference{"step-token", ""}});
  call.trusted = false;
  const auto refused = exchange(std::move(call));
  EXPECT_EQ(refused.title, "secret 'step-token' is not among http.allowedSecrets of this server");
  EXPECT_EQ(refused.error_type, "authorization");
  EXPECT_FALSE(refused.sent);
  call = call_as(BearerAuthentication{SecretReference{"step-user", "password"}});
  call.trusted = false;
  EXPECT_EQ(exchange(std::move(call)).outcome, AttemptOutcome::kDone);
}

TEST_F(EndpointAuthentication, AHeaderOfTheSameNameIsRefused) {
  auto call = call_as(BearerAuthentication{"t0ken"});
  saga::Request request = *call.request;
  request.headers = {{"authorization", "Bearer of-the-data"}};
  call.request = std::make_shared<const saga::Request>(std::move(request));
  const auto refused = exchange(std::move(call));
  EXPECT_EQ(refused.outcome, AttemptOutcome::kRefused);
  EXPECT_FALSE(refused.sent);
  EXPECT_FALSE(refused.retryable);
  EXPECT_EQ(refused.error_type, "validation");
  EXPECT_EQ(refused.title,
            "a header 'Authorization' stands beside an authentication of the endpoint; one of them has to go");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(EndpointAuthentication, IsNotInTheAnswerThatIsKept) {
  auto call = call_as(BearerAuthentication{SecretReference{"step-token", ""}});
  saga::Request request = *call.request;
  request.output = definition::AnswerForm::kResponse;
  call.request = std::make_shared<const saga::Request>(std::move(request));
  const auto kept = exchange(std::move(call));
  EXPECT_EQ(kept.outcome, AttemptOutcome::kDone);
  EXPECT_EQ(kept.body.text().find("s3cr3t"), std::string::npos);
}

}  // namespace
}  // namespace skald::test
