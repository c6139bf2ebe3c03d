#include "tests/simulation/verdict_runs.hpp"

#include <algorithm>

#include "engine/saga/apply.hpp"
#include "engine/saga/path.hpp"

namespace skald::simulation {
namespace {

template <class Visit>
void each_step_and_undo(const saga::StepState& step, const Visit& visit) {
  each_step(step, [&](const saga::StepState& inner) {
    visit(inner);
    for (const auto& undo : inner.undo) each_step_and_undo(undo, visit);
  });
}

// Ended, and nothing of it is left that it knows how to undo.
bool has_gone(const saga::State& state) {
  if (!state.outcome || *state.outcome == saga::Outcome::kTerminated) return false;
  return *state.outcome != saga::Outcome::kCompleted &&
         state.compensation.state != saga::CompensationState::kIncomplete;
}

// The undo of a step around it has taken its place.
bool is_covered(const saga::State& state, std::string_view path) {
  for (auto above = saga::parent_of(path); !above.empty(); above = saga::parent_of(above)) {
    const auto* step = saga::find_step(state, above);
    if (step != nullptr && step->undo_status != saga::UndoStatus::kNone) return true;
  }
  return false;
}

class RunsJudge {
 public:
  explicit RunsJudge(const Cases& cases) : cases_(cases) {}

  std::vector<std::string> judge() {
    for (const auto& [id, judged] : cases_) {
      check_begun(judged);
      check_parent(judged);
      check_ends(judged);
      check_cancelled(judged);
    }
    for (const auto& [child, times] : begun_) {
      if (times > 1) problems_.push_back(fmt::format("{} was begun by {} attempts", short_id(child), times));
    }
    return std::move(problems_);
  }

 private:
  template <class... Args>
  void problem(const Case& judged, fmt::format_string<Args...> text, Args&&... args) {
    problems_.push_back(fmt::format("{}: {}", short_id(judged.row.id), fmt::format(text, std::forward<Args>(args)...)));
  }

  const Case* find(const ExecutionId& id) const {
    const auto it = cases_.find(id);
    return it == cases_.end() ? nullptr : &it->second;
  }

  // One attempt begins it. A later one of the same step asks it again when nobody knows what it left, or when its
  // output was of no use.
  void check_begun(const Case& judged) {
    saga::State state{.id = judged.row.id};
    for (const auto& event : judged.events) {
      const auto note = [&](const auto& begun) {
        if (begun.execution) ++begun_[*begun.execution];
      };
      if (const auto* step = std::get_if<saga::StepStarted>(&event.data)) note(*step);
      if (const auto* attempt = std::get_if<saga::AttemptStarted>(&event.data);
          attempt && !asks_again(state, *attempt)) {
        note(*attempt);
      }
      if (const auto* undo = std::get_if<saga::UndoStarted>(&event.data)) note(*undo);
      saga::apply(state, event);
    }
  }

  static bool asks_again(const saga::State& state, const saga::AttemptStarted& attempt) {
    const auto* step = saga::find_step(state, attempt.step);
    return step != nullptr && step->execution == attempt.execution && (step->unknown || step->answered);
  }

  // Nobody is begun but by a step that says so.
  void check_parent(const Case& judged) {
    const auto& link = judged.state.parent;
    if (!link) return;
    const auto* parent = find(link->by.execution);
    if (parent == nullptr) return problem(judged, "its parent is not there");
    const bool is_said = std::ranges::any_of(parent->events, [&](const saga::Event& event) {
      const auto* step = std::get_if<saga::StepStarted>(&event.data);
      const auto* attempt = std::get_if<saga::AttemptStarted>(&event.data);
      return (step != nullptr && step->execution == judged.row.id) ||
             (attempt != nullptr && attempt->execution == judged.row.id);
    });
    if (!is_said) problem(judged, "was begun, and no step of its parent says so");
    if (judged.row.created.parent != link->by.execution) problem(judged, "the row has another parent");
  }

  // What a step completed with has completed; when all is undone, nothing of what was run is left.
  void check_ends(const Case& judged) {
    const auto& state = judged.state;
    if (was_overruled(judged, cases_) || !state.outcome || *state.outcome == saga::Outcome::kTerminated) return;
    const bool is_undone = *state.outcome == saga::Outcome::kCompensated || *state.outcome == saga::Outcome::kCancelled;
    each_step_and_undo(state.root, [&](const saga::StepState& step) {
      if (!step.execution || !step.request || !step.request->run) return;
      const auto* child = find(*step.execution);
      const bool is_awaited = step.request->run->awaited;
      const bool is_left = is_awaited && child != nullptr && !child->state.outcome;
      if (is_left) problem(judged, "{} ended before {}", step.path, short_id(*step.execution));
      if (step.status != saga::StepStatus::kCompleted) return;
      const bool has_failed = child == nullptr || (is_awaited && !has_completed(*child));
      if (has_failed) problem(judged, "{} completed, what it ran did not", step.path);
      if (is_undone && child != nullptr && !has_gone(child->state) && !is_covered(state, step.path)) {
        problem(judged, "{} was undone, {} was not", step.path, short_id(*step.execution));
      }
    });
  }

  // A cancel is passed on at once, unless the execution is in quarantine.
  void check_cancelled(const Case& judged) {
    const auto is_quarantine = [](const auto& incident) { return incident.kind == saga::IncidentKind::kQuarantined; };
    if (std::ranges::any_of(judged.state.incidents, is_quarantine)) return;
    saga::State state{.id = judged.row.id};
    for (const auto& event : judged.events) {
      saga::apply(state, event);
      if (!std::holds_alternative<saga::CancelRequested>(event.data)) continue;
      each_step(state.root, [&](const saga::StepState& step) {
        const bool runs = saga::is_running_another(step) && step.request->run && step.request->run->awaited;
        if (runs && !saga::find_step(judged.state, step.path)->run_cancelled) {
          problem(judged, "was cancelled, and {} went on", step.path);
        }
      });
    }
  }

  static bool has_completed(const Case& judged) {
    return std::ranges::any_of(judged.events, [](const saga::Event& event) {
      const auto* ended = std::get_if<saga::ExecutionEnded>(&event.data);
      return ended != nullptr && ended->outcome == saga::Outcome::kCompleted;
    });
  }

  const Cases& cases_;
  std::map<ExecutionId, int> begun_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> judge_runs(const Cases& cases) {
  return RunsJudge(cases).judge();
}

std::vector<ExecutionId> awaited_by(const saga::State& state) {
  std::vector<ExecutionId> awaited;
  each_step_and_undo(state.root, [&](const saga::StepState& step) {
    if (!saga::is_running_another(step)) return;
    const auto other = step.request->undoes ? step.request->undoes : step.execution;
    if (other) awaited.push_back(*other);
  });
  return awaited;
}

bool waits_for_another(const Case& judged, const Cases& cases) {
  return std::ranges::any_of(awaited_by(judged.state), [&](const ExecutionId& id) {
    const auto other = cases.find(id);
    return other != cases.end() && !saga::is_terminal(other->second.state.phase);
  });
}

}  // namespace skald::simulation
