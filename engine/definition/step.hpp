// One step of a workflow as plain data, checked and compiled.
//
// A step kind is one alternative of `Kind`, a header and a reader in steps/, and a file of decisions in
// engine/saga/steps/. Names that a document looks up (retries, errors, timeouts) are resolved here already.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/definition/mark.hpp"
#include "engine/definition/policies.hpp"
#include "engine/definition/steps/call.hpp"
#include "engine/definition/steps/do.hpp"
#include "engine/definition/steps/emit.hpp"
#include "engine/definition/steps/for.hpp"
#include "engine/definition/steps/fork.hpp"
#include "engine/definition/steps/listen.hpp"
#include "engine/definition/steps/raise.hpp"
#include "engine/definition/steps/set.hpp"
#include "engine/definition/steps/switch.hpp"
#include "engine/definition/steps/try.hpp"
#include "engine/definition/steps/wait.hpp"
#include "engine/definition/then.hpp"

namespace skald::definition {

enum class OnError { kFail, kContinue, kSuspend };
enum class OnUnknown { kSettle, kCompensate, kSuspend };

// Of a step that calls a function of use.functions, whose call is the step's own: what stands around it. The function
// sees what `arguments` make of the step's input, and the step goes on with what the function's `output` leaves.
struct FunctionFlow {
  std::optional<expression::ValueTemplate> arguments;  // `with` of the step; absent: its input
  DataFlow data;                                       // of the function
  bool retries = false;                                // the step's `retry` is the function's
  bool times = false;                                  // the step's `timeout` is the function's
};

// What a step begins with in place of what flows to it, where the document does not have it as a step of its own.
struct Given {
  std::optional<expression::ValueTemplate> arguments;  // of a function: made of the input of the step that calls it
  bool is_input_around = false;  // of a step with hooks: the input of the step that holds it and them
};

struct Step {
  using Kind = std::variant<DoStep, CallStep, SetStep, RaiseStep, WaitStep, SwitchStep, ForStep, TryStep, ForkStep,
                            ListenStep, EmitStep>;

  std::string name;     // "chargePayment"; of an undo: "compensate"
  std::string path;     // names from the root: "order.chargePayment", "order.chargePayment/compensate[.notify]"
  std::string pointer;  // into the document (RFC 6901): "/do/0/chargePayment"
  Mark mark;

  std::optional<expression::Expression> condition;  // `if`
  DataFlow data;
  std::shared_ptr<const FunctionFlow> function;  // null: none is called
  Given given;                                   // what it begins with
  std::optional<Duration> timeout;               // of an attempt; of the whole on a `do`
  std::optional<RetryPolicy> retry;
  std::shared_ptr<const Step> compensate;  // a list becomes a `do`; null: nothing to undo
  bool pivot = false;
  OnError on_error = OnError::kFail;
  OnUnknown on_unknown = OnUnknown::kSettle;
  std::string then;  // where the flow goes on: a step of the same list, "exit", "end", "compensate"; empty: the next
  StatusLabels status;

  Kind kind;
};

}  // namespace skald::definition
