// `call`: one request to a participant, by an adapter's operation or by a literal HTTP endpoint; or to this engine, to
// run another workflow.
#pragma once

#include <cstdint>
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

// Of an operation of `call: openapi`: where an argument goes.
struct CallParameter {
  enum class In : std::uint8_t { kPath, kQuery, kHeader, kCookie, kBody };

  std::string name;
  In in = In::kQuery;
  bool required = false;
  bool explode = false;  // of a list: a field for each item; else its items joined with commas
};

struct CallParameters {
  expression::ValueTemplate values;  // an object: the arguments by name
  std::vector<CallParameter> declared;
};

// call: http; call: openapi, once its operation is found
struct HttpCall {
  std::string method;  // upper case
  // The endpoint cut at its `{name}` places: text, name, text, name, ..., text. `{name}` is replaced by the
  // percent-encoded field of the step's input, or argument. A whole `${ }` endpoint is `endpoint_expression`.
  std::vector<std::string> endpoint;
  std::optional<expression::Expression> endpoint_expression;
  std::optional<expression::ValueTemplate> headers;  // an object of strings
  std::optional<expression::ValueTemplate> query;    // an object of scalars
  std::optional<expression::ValueTemplate> body;
  std::optional<CallParameters> parameters;  // of `call: openapi`, in place of query and body
  AuthenticationPtr authentication;          // null: none
  SecretHeadersPtr secret_headers;           // those that are not in `headers`; null: none
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
