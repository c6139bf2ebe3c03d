#include "engine/definition/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include "engine/base/duration.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/step_lists.hpp"

namespace skald::definition {
namespace {

// The least a policy waits in all before it gives up; nullopt where it never does.
std::optional<Millis> budget_of(const RetryPolicy& retry) {
  constexpr std::uint32_t kDelaysMax = 10'000;
  std::optional<Millis> budget = constant(retry.duration);
  if (!retry.attempt_count) return budget;
  double total = 0;
  const auto count_of = [](const std::optional<Duration>& told) {
    return static_cast<double>(constant(told).value_or(Millis(0)).count());
  };
  double delay = count_of(retry.delay);
  for (std::uint32_t i = 1; i < std::min(*retry.attempt_count, kDelaysMax); ++i) {
    const double capped = retry.delay_max ? std::min(delay, count_of(retry.delay_max)) : delay;
    total = std::min(total + capped + count_of(retry.jitter_from), 1e15);
    if (retry.backoff == RetryPolicy::Backoff::kExponential) delay = std::min(delay * retry.multiplier, 1e15);
    if (retry.backoff == RetryPolicy::Backoff::kLinear) delay += count_of(retry.increment);
  }
  const Millis by_count(static_cast<std::int64_t>(total));
  return budget ? std::min(*budget, by_count) : by_count;
}

struct Around {
  std::optional<Millis> timeout;
  std::string owner;  // "the workflow", "step 'order'"

  void narrow(const std::optional<Millis>& other, std::string name) {
    if (!other || (timeout && *timeout <= *other)) return;
    timeout = other;
    owner = std::move(name);
  }
};

void check_budget(LoadContext& context, const Node& root, const Step& step, const Around& around) {
  bool is_composite = false;
  for_each_list(step, [&](ListRole, const std::vector<Step>& list) {
    is_composite = true;
    Around inner = around;
    inner.narrow(constant(step.timeout), fmt::format("step '{}'", step.name));
    for (const Step& child : list) check_budget(context, root, child, inner);
  });
  if (is_composite) return;
  if (const auto* wait = std::get_if<WaitStep>(&step.kind)) {
    Around inner = around;
    inner.narrow(constant(step.timeout), "the step itself");
    const auto* duration = std::get_if<Millis>(&wait->duration);
    const Node* node = node_at(root, step.pointer).find("wait");
    if (duration && node && inner.timeout && *duration > *inner.timeout) {
      context.report.warning(
          "wait-exceeds-timeout", *node,
          fmt::format("is longer than the timeout of {}, {}", inner.owner, format_duration(*inner.timeout)));
    }
    return;
  }
  const Node* retry = node_at(root, step.pointer).find("retry");
  if (!step.retry || retry == nullptr || !around.timeout) return;
  const auto budget = budget_of(*step.retry);
  if (budget && *budget > *around.timeout) {
    context.report.warning("retry-exceeds-timeout", *retry,
                           fmt::format("may go on for {}, longer than the timeout of {}, {}", format_duration(*budget),
                                       around.owner, format_duration(*around.timeout)));
  }
}

}  // namespace

void check_budgets(LoadContext& context, const Node& root, const Definition& definition) {
  Around around;
  around.narrow(constant(definition.timeout), "the workflow");
  for (const Step& step : definition.steps) check_budget(context, root, step, around);
}

void check_compensations(LoadContext& context, const Node& root, const Definition& definition) {
  struct Reads {
    bool input = false;
    bool variables = false;
  };
  std::map<std::string, Reads> reads_by_owner;
  for (const ExpressionSite& site : context.sites) {
    if (!site.scope.is_undo) continue;
    Reads& reads = reads_by_owner[site.scope.step.substr(0, site.scope.step.find('/'))];
    reads.input = reads.input || site.expression.reads_input();
    reads.variables = reads.variables || !site.expression.variables().empty();
  }
  for (const auto& [path, reads] : reads_by_owner) {
    const Step* owner = definition.find(path);
    if (!reads.input || reads.variables || owner == nullptr) continue;
    if (const Node* node = node_at(root, owner->pointer).find("compensate")) {
      context.report.warning("compensation-reads-only-output", *node,
                             "reads nothing but '.', which is null when the outcome is unknown; address the effect by "
                             "a key that the caller chose, such as $workflow.input");
    }
  }
}

void check(LoadContext& context, const Node& root, const Definition& definition) {
  check_variables(context, definition);
  check_flow(context, root, definition);
  check_compensations(context, root, definition);
  check_budgets(context, root, definition);
  check_pivots(context, root, definition);
  check_starts(context, root, definition);
}

}  // namespace skald::definition
