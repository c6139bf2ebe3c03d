#include "engine/saga/problem.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace skald::saga {
namespace {

constexpr std::string_view kTypePrefix = "https://serverlessworkflow.io/spec/1.0.0/errors/";

int default_status(std::string_view type) {
  if (type == "configuration" || type == "validation" || type == "expression") return 400;
  if (type == "authentication") return 401;
  if (type == "authorization") return 403;
  if (type == "timeout") return 408;
  return 500;
}

}  // namespace

Payload make_problem(std::string_view type, int status, std::string_view title, std::string_view detail,
                     std::string_view instance) {
  Json problem = {{"type", std::string(kTypePrefix).append(type)},
                  {"status", status != 0 ? status : default_status(type)},
                  {"title", title},
                  {"instance", instance}};
  if (!detail.empty()) problem["detail"] = detail;
  return Payload::from_json(std::move(problem));
}

Payload problem_of(const Answer& answer, std::string_view instance) {
  if (answer.problem.json().is_object()) {
    Json problem = answer.problem.json();
    problem["instance"] = instance;
    if (!problem.contains("detail")) problem["detail"] = answer.detail;
    return Payload::from_json(std::move(problem));
  }
  return make_problem(answer.error_type.empty() ? "communication" : answer.error_type, answer.status, answer.title,
                      answer.detail, instance);
}

Result<Payload> normalize_problem(const Json& value, std::string_view instance) {
  if (!value.is_object()) return failure("expression", "the error to raise must be an object");
  Json problem = value;
  if (!problem.contains("type")) problem["type"] = std::string(kTypePrefix).append("runtime");
  if (!problem["type"].is_string()) return failure("expression", "the type of the error to raise must be a string");
  if (!problem.contains("status")) problem["status"] = 500;
  if (!problem["status"].is_number_integer()) {
    return failure("expression", "the status of the error to raise must be an integer");
  }
  if (!problem.contains("instance")) problem["instance"] = instance;
  return Payload::from_json(std::move(problem));
}

ExecutionEnded terminated(CompensationState compensation, std::string reason) {
  return ExecutionEnded{.phase = Phase::kCancelled,
                        .outcome = Outcome::kTerminated,
                        .compensation = compensation,
                        .output = {},
                        .error = make_problem("terminated", 409, "The execution was terminated", {}, {}),
                        .reason = std::move(reason)};
}

}  // namespace skald::saga
