// `call`: one request to a participant, by an adapter's operation or by a literal HTTP endpoint; or to this engine, to
// run another workflow.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/definition/answer_form.hpp"
#include "engine/definition/authentication.hpp"
#include "engine/definition/steps/run.hpp"
#include "engine/expression/value_template.hpp"

namespace skald::definition {

// call: payments.charge
struct AdapterCall {
  std::string adapter;
  std::string operation;
  expression::ValueTemplate with;
};

// call: http
struct HttpCall {
  std::string method;  // upper case
  // The endpoint cut at its `{name}` places: text, name, text, name, ..., text. `{name}` is replaced by the
  // percent-encoded field of the step's input. A whole `${ }` endpoint is `endpoint_expression`.
  std::vector<std::string> endpoint;
  std::optional<expression::Expression> endpoint_expression;
  std::optional<expression::ValueTemplate> headers;  // an object of strings
  std::optional<expression::ValueTemplate> query;    // an object of scalars
  std::optional<expression::ValueTemplate> body;
  AuthenticationPtr authentication;  // null: none
  SecretHeadersPtr secret_headers;   // those that are not in `headers`; null: none
  AnswerForm output = AnswerForm::kContent;
  bool redirect = false;  // 3xx is an answer like 2xx, and not followed either
};

struct CallStep {
  std::variant<AdapterCall, HttpCall, WorkflowRun, RunUndo> target;
};

inline bool is_run(const CallStep& call) {
  return std::holds_alternative<WorkflowRun>(call.target);
}

}  // namespace skald::definition
