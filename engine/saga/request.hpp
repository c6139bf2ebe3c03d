// A request to a participant, or to this engine, frozen when its step starts, so that every attempt sends the same
// bytes.
//
// Base URL, credentials, limits and outcome table are not in it: the adapter reads those at each send.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/definition/answer_form.hpp"

namespace skald::saga {

// `run: workflow`: the workflow of which an execution is begun.
struct RunTarget {
  std::string namespace_name;
  std::string workflow;
  std::string version;            // empty: the highest release
  bool awaited = true;            // the answer comes when the execution has ended, else when it has begun
  std::optional<Millis> timeout;  // of the execution
  bool pivot = false;             // the step that runs it is a pivot, so it may have one

  bool operator==(const RunTarget&) const = default;
};

struct Request {
  std::string adapter;    // "payments"; empty for `call: http`
  std::string operation;  // "charge"; empty for `call: http`
  std::string method;     // "POST"
  std::string target;     // adapter: path and query below its base URL; `call: http`: the absolute URL
  std::vector<std::pair<std::string, std::string>> headers;  // `call: http` only
  std::string body;                                          // JSON text; empty: no body
  definition::AnswerForm output = definition::AnswerForm::kContent;
  bool redirect = false;          // 3xx is done
  std::optional<Millis> timeout;  // of an attempt, where an expression told it
  // To this engine, instead of a method and a target.
  std::optional<RunTarget> run;       // `body` is the execution's input
  std::optional<ExecutionId> undoes;  // the execution that is to undo itself

  bool is_to_engine() const { return run || undoes; }
  bool operator==(const Request&) const = default;
};

using RequestPtr = std::shared_ptr<const Request>;

}  // namespace skald::saga
