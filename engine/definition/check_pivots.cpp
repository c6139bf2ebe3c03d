#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "engine/definition/check.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/step_lists.hpp"

namespace skald::definition {
namespace {

struct Call {
  Step* step = nullptr;
  bool is_covered = false;  // it, or a step around it, has a compensation
  bool is_tried = false;    // the steps of a `try` say themselves what follows an error
};

void collect_calls(std::vector<Step>& steps, const Call& around, std::vector<Call>& calls) {
  for (Step& step : steps) {
    Call call = around;
    call.is_covered = call.is_covered || step.compensate != nullptr;
    for_each_list(step, [&](ListRole role, std::vector<Step>& list) {
      Call inside = call;
      inside.is_tried = inside.is_tried || role == ListRole::kAttempt;
      collect_calls(list, inside, calls);
    });
    call.step = &step;
    if (std::holds_alternative<CallStep>(step.kind)) calls.push_back(call);
  }
}

// Without a catalog, an operation is taken to have effects.
bool has_effects(const LoadOptions& options, const CallStep& call) {
  std::string method;
  if (const auto* http = std::get_if<HttpCall>(&call.target)) method = http->method;
  if (const auto* adapter = std::get_if<AdapterCall>(&call.target);
      adapter != nullptr && options.operations != nullptr) {
    const Operation* operation = options.operations->find(adapter->adapter, adapter->operation);
    if (operation != nullptr) method = operation->method;
  }
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

// Behind a pivot there is no way back, so a step is retried until it succeeds or is refused.
RetryPolicy forward_retry() {
  RetryPolicy policy;
  policy.delay = std::chrono::seconds(1);
  policy.backoff = RetryPolicy::Backoff::kExponential;
  policy.delay_max = std::chrono::minutes(1);
  return policy;
}

}  // namespace

void check_pivots(LoadContext& context, const Node& root, Definition& definition) {
  std::vector<Call> calls;
  collect_calls(definition.steps, {}, calls);
  const auto pivot = std::find_if(calls.begin(), calls.end(), [](const Call& call) { return call.step->pivot; });
  if (pivot == calls.end()) return;
  const std::string name = pivot->step->name;
  const auto warn = [&](std::string_view rule, const Step& step, const std::string& message) {
    context.report.warning_at(rule, node_at(root, step.pointer), step.mark, message);
  };
  for (auto call = calls.begin(); call != pivot; ++call) {
    if (call->is_covered || !has_effects(context.options, std::get<CallStep>(call->step->kind))) continue;
    warn("no-undo-before-pivot", *call->step,
         fmt::format("has effects before the pivot '{}', but no 'compensate': nothing undoes it if the pivot fails",
                     name));
  }
  for (auto call = pivot + 1; call != calls.end(); ++call) {
    Step& step = *call->step;
    if (!step.retry && !call->is_tried) {
      warn(
          "no-retry-after-pivot", step,
          fmt::format("can fail after the pivot '{}' and has no 'retry'; it is retried without limit, at most a minute "
                      "apart",
                      name));
      step.retry = forward_retry();
    }
    if (step.compensate) {
      warn("undo-after-pivot", step,
           fmt::format("has a 'compensate' that never runs: nothing is undone after the pivot '{}'", name));
    }
  }
}

}  // namespace skald::definition
