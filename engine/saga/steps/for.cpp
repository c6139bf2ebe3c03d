#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/base/limits.hpp"
#include "engine/saga/end_scope.hpp"
#include "engine/saga/list_flow.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/steps/deadline.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {
namespace {

using definition::ForStep;
using definition::Step;

// What the loop goes through, or why it cannot.
std::expected<Payload, Payload> items_of(const Planner& planner, const Step& step, const ForStep& kind,
                                         std::string_view path, const Payload& input) {
  const Scope scope = scope_of(planner, step, path, &input, nullptr);
  const Variables variables(planner.definition(), planner.state(), scope);
  auto items = kind.items->evaluate(input.json(), variables);
  if (!items) {
    return std::unexpected(make_problem("expression", 0, items.error().message, items.error().detail, step.pointer));
  }
  if (!items->is_array()) {
    const auto title = fmt::format("'in' must give a list to go through (got {})", items->type_name());
    return std::unexpected(make_problem("expression", 0, title, {}, step.pointer));
  }
  if (items->size() > limits::kLoopIterationsMax) {
    const auto title =
        fmt::format("'in' gives {} items; a loop has at most {} iterations", items->size(), limits::kLoopIterationsMax);
    return std::unexpected(make_problem("runtime", 0, title, {}, step.pointer));
  }
  return Payload::from_json(std::move(*items));
}

// `while`, before a round begins.
std::expected<bool, Payload> goes_on(const Planner& planner, const Step& step, const ForStep& kind,
                                     std::string_view path, std::uint32_t round) {
  if (!kind.condition) return true;
  const StepState& loop = planner.step(path);
  const Payload input = data_left_by(loop, round);
  Scope scope = scope_of(planner, step, path, &loop.input, nullptr);
  scope.inside = round;
  const Variables variables(planner.definition(), planner.state(), scope);
  auto holds = kind.condition->evaluate_condition(input.json(), variables);
  if (!holds) {
    return std::unexpected(make_problem("expression", 0, holds.error().message, holds.error().detail, step.pointer));
  }
  return *holds;
}

bool advance_in_turn(Planner& planner, const Step& step, const ForStep& kind, std::string_view path) {
  const auto rounds = static_cast<std::uint32_t>(planner.step(path).items.json().size());
  while (true) {
    const StepState& loop = planner.step(path);
    const std::uint32_t round = loop.children.empty() ? 0 : loop.children.back().round;
    if (round != 0) {
      const Progress progress = advance_list(planner, kind.steps, path, round);
      if (progress == Progress::kWaiting) return false;
      const StepState& last = planner.step(path).children.back();
      if (progress == Progress::kFailed) return end_inside(planner, step, path, Payload(last.error));
      if (last.then == definition::kThenExit || last.then == definition::kThenEnd) break;
    }
    if (round == rounds) break;
    const auto holds = goes_on(planner, step, kind, path, round + 1);
    if (!holds) return end_inside(planner, step, path, holds.error());
    if (!*holds) break;
    const std::size_t before = planner.step(path).children.size();
    advance_list(planner, kind.steps, path, round + 1);
    if (planner.step(path).children.size() == before) return false;  // its first step cannot start now
  }
  complete_step(planner, step, path, data_left_by(planner.step(path)));
  return true;
}

// The rounds that have begun, and how far.
struct Rounds {
  std::vector<const StepState*> last;  // entry of each round, by number; null: it has not begun
  std::uint32_t begun = 0;

  explicit Rounds(const StepState& loop) : last(loop.items.json().size() + 1, nullptr) {
    for (const auto& child : loop.children) {
      last.at(child.round) = &child;
      begun = std::max(begun, child.round);
    }
  }

  std::vector<std::uint32_t> open(const ForStep& kind) const {
    std::vector<std::uint32_t> found;
    for (std::uint32_t round = 1; round < last.size(); ++round) {
      if (!last[round]) continue;
      const bool runs = last[round]->status == StepStatus::kRunning;
      if (runs || next_place(kind.steps, *last[round]) != kind.steps.size()) found.push_back(round);
    }
    return found;
  }
};

bool advance_beside(Planner& planner, const Step& step, const ForStep& kind, std::string_view path) {
  if (const StepState* failed = first_failed(planner.step(path))) {
    return end_inside(planner, step, path, Payload(failed->error));
  }
  const Rounds rounds(planner.step(path));
  std::size_t open = 0;
  const auto take = [&](std::uint32_t round) {
    const Progress progress = advance_list(planner, kind.steps, path, round);
    if (progress == Progress::kWaiting) ++open;
    return progress != Progress::kFailed;
  };
  for (const std::uint32_t round : rounds.open(kind)) {
    if (!take(round)) return end_inside(planner, step, path, Payload(last_entry(planner.step(path), round)->error));
  }
  const std::size_t count = rounds.last.size() - 1;
  std::uint32_t next = rounds.begun + 1;
  for (; next <= count && open < kind.concurrency; ++next) {
    const auto holds = goes_on(planner, step, kind, path, next);
    if (!holds) return end_inside(planner, step, path, holds.error());
    if (!*holds) break;
    if (!take(next)) return end_inside(planner, step, path, Payload(last_entry(planner.step(path), next)->error));
    if (!last_entry(planner.step(path), next)) return false;  // its first step cannot start now
  }
  if (open != 0) return false;
  complete_step(planner, step, path, outputs_of(planner.step(path), next - 1));
  return true;
}

}  // namespace

void start(Planner& planner, const Step& step, const ForStep& kind, std::string_view path, const StepInput& input) {
  auto items = items_of(planner, step, kind, path, input.value);
  if (!items) return fail_step(planner, step, path, std::move(items.error()), false);
  StepStarted opening = opening_of(planner, step, path, input);
  opening.items = std::move(*items);
  opening.apart = kind.concurrency > 1;
  planner.record(std::move(opening));
}

bool advance(Planner& planner, const Step& step, const ForStep& kind, std::string_view path) {
  if (is_late(planner, step, path)) return end_inside(planner, step, path, lateness(step));
  return kind.concurrency > 1 ? advance_beside(planner, step, kind, path) : advance_in_turn(planner, step, kind, path);
}

}  // namespace skald::saga
