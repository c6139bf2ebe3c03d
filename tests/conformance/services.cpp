#include "tests/conformance/services.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "adapters/http/authorization.hpp"
#include "adapters/http/outcome.hpp"
#include "tests/conformance/case_file.hpp"

namespace skald::test {
namespace {

using adapters::Failure;
using adapters::FailureReport;

adapters::Response response_of(const Json& answer) {
  adapters::Response response{.status = answer.value("status", 200)};
  response.content_type = answer.value("type", answer.contains("body") ? "application/json" : "");
  response.body = answer.contains("body") ? dump_json(answer["body"]) : answer.value("text", "");
  if (!response.content_type.empty()) response.fields.emplace_back("content-type", response.content_type);
  const Json headers = answer.value("headers", Json::object());
  for (const auto& [name, value] : headers.items()) response.fields.emplace_back(name, value.get<std::string>());
  return response;
}

}  // namespace

Services::Services(const Json& answers, const Json& secrets, ManualClock& clock) : answers_(answers), clock_(clock) {
  for (const auto& [name, value] : secrets.items()) secrets_[name] = adapters::Secret(value.get<std::string>());
}

std::optional<saga::Answer> Services::answer(const ports::ParticipantCall& call) {
  if (call.request->adapter == "mail") {
    published_.push_back(parse_json(call.request->body).value());
    return done();
  }
  const std::string attempt = fmt::format("{}#{}", call.key, call.attempt);
  auto found = pending_.find(attempt);
  if (found == pending_.end()) found = pending_.emplace(attempt, take(call)).first;
  if (clock_.now() < found->second.due) return std::nullopt;
  return pending_.extract(found).mapped().answer;
}

Services::Pending Services::take(const ports::ParticipantCall& call) {
  requests_.push_back(request_of(call));
  const Json answer = next_answer(call.request->method + " " + call.request->target);
  const auto due = clock_.now() + (answer.contains("after") ? duration_of(answer["after"]) : Millis(0));
  const auto deadline = clock_.now() + call.timeout;
  if (due >= deadline) {
    return {deadline, answer_from(FailureReport{.kind = Failure::kTimeout, .error_type = "timeout"})};
  }
  if (answer.contains("fails")) {
    const bool lost = answer["fails"] == "lost";
    return {due, answer_from(FailureReport{.kind = lost ? Failure::kLost : Failure::kNotSent, .sent = lost})};
  }
  auto response = response_of(answer);
  return {due, answer_from(response, *call.request, {}, due)};
}

Json Services::next_answer(const std::string& name) {
  const auto found = answers_.find(name);
  if (found == answers_.end()) throw std::runtime_error("the case has no answer to " + name);
  if (!found->is_array()) return *found;
  return found->at(std::min(taken_[name]++, found->size() - 1));
}

Json Services::request_of(const ports::ParticipantCall& call) const {
  Json request = {{"method", call.request->method}, {"uri", call.request->target}, {"headers", Json::object()}};
  for (const auto& [name, value] : call.request->headers) request["headers"][name] = value;
  if (!call.request->body.empty()) request["body"] = parse_json(call.request->body).value();
  if (call.authentication) {
    const auto header = adapters::authorization_of(*call.authentication, {.secrets = secrets_, .allowed = nullptr});
    if (header && *header) request["headers"]["Authorization"] = (*header)->reveal();
  }
  return request;
}

}  // namespace skald::test
