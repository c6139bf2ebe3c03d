#include "engine/dry_run/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/dry_run/line_words.hpp"
#include "engine/saga/path.hpp"

namespace skald::dry_run {
namespace {

using saga::StepState;

bool has_compensate_around(const definition::Definition& definition, std::string_view path) {
  for (std::string_view at = path; !at.empty(); at = saga::parent_of(at)) {
    const auto* step = definition.find(saga::static_path(at));
    if (step != nullptr && step->compensate) return true;
  }
  return false;
}

bool is_triggered(const definition::SagaOptions& saga, const saga::State& state) {
  if (state.cancel_requested) return saga.on_cancel;
  return state.timed_out ? saga.on_timeout : saga.on_fault;
}

std::string_view trigger_of(const saga::State& state) {
  return state.cancel_requested ? "cancel" : state.timed_out ? "timeout" : "fault";
}

// The nearest step at or around `path` whose undo was begun or ended.
const StepState* undone_around(const saga::State& state, std::string_view path) {
  for (std::string_view at = path; !at.empty(); at = saga::parent_of(at)) {
    const auto* step = saga::find_step(state, at);
    if (step != nullptr && step->undo_status != saga::UndoStatus::kNone) return step;
  }
  return nullptr;
}

// A round of a try, or a branch of a race, that the flow did not go on with.
bool is_left_behind(const definition::Definition& definition, const saga::State& state, std::string_view path) {
  for (std::string_view at = path; !at.empty(); at = saga::parent_of(at)) {
    const auto* step = saga::find_step(state, at);
    const auto* around = saga::find_step(state, saga::parent_of(at));
    const auto* defined = definition.find(saga::static_path(saga::parent_of(at)));
    if (step == nullptr || around == nullptr || defined == nullptr) continue;
    if (around->undoing && around->undoing->kept != step->round) return true;
    const bool is_try = std::holds_alternative<definition::TryStep>(defined->kind);
    const std::uint32_t kept = around->children.empty() ? 0 : around->children.back().round;
    if (is_try && step->round != kept) return true;
  }
  return false;
}

class Judge {
 public:
  Judge(const Subject& subject, const Run& run, const std::vector<std::string>& may_stand)
      : definition_(*subject.definition), accepted_(subject.accepted), run_(run), may_stand_(may_stand) {}

  std::vector<Finding> judge() {
    check_end();
    if (run_.schedule.size() == 0) check_course();
    check_effects();
    check_undos();
    return std::move(findings_);
  }

 private:
  void add(Severity severity, std::string kind, std::string_view step, std::string message, std::string remedy) {
    Finding finding{severity, std::move(kind), saga::static_path(step), std::move(message), std::move(remedy)};
    place(finding, definition_);
    const bool is_known =
        std::any_of(findings_.begin(), findings_.end(), [&](const Finding& known) { return known.is_same(finding); });
    if (!is_known) findings_.push_back(std::move(finding));
  }

  void check_end() {
    if (run_.ending != Ending::kUnfinished) return;
    if (!run_.waits_for.empty()) {
      return add(Severity::kWarning, "never-ends", run_.waits_for,
                 fmt::format("{} waits for ever for an event that does not come", saga::static_path(run_.waits_for)),
                 "give it a timeout");
    }
    add(Severity::kWarning, "never-ends", "", "a run was stopped: its flow goes round, or through very much",
        "let the answers change, with --output NAME=JSON once for each, or give less with --input");
  }

  // With data that does not suit it a workflow fails of itself, and little of it is tried.
  void check_course() {
    if (run_.ending == Ending::kCompleted || run_.ending == Ending::kUnfinished) return;
    const auto& state = run_.state;
    const bool is_parked = run_.ending == Ending::kParked && !state.incidents.empty();
    const Payload& error = is_parked ? state.incidents.back().error : state.error;
    const std::string& step = is_parked ? state.incidents.back().step : state.compensation.failed_step;
    add(Severity::kWarning, "fails-untroubled", step,
        fmt::format("the execution ends {} although nothing goes wrong: {}", to_string(run_.ending),
                    words_of_problem(error)),
        "give data that leads to its end, with --input FILE or --output NAME=JSON");
  }

  // A step's reason holds for what is inside it.
  bool may_stand(std::string_view step) const {
    for (std::string_view at = step; !at.empty(); at = saga::parent_of(at)) {
      if (accepted_.contains(saga::static_path(at))) return true;
    }
    return std::find(may_stand_.begin(), may_stand_.end(), saga::static_path(step)) != may_stand_.end();
  }

  void check_effects() {
    if (run_.ending == Ending::kParked || run_.ending == Ending::kUnfinished) return;
    for (const auto& step : run_.standing) {
      if (may_stand(step)) continue;
      if (run_.ending == Ending::kCompleted) {
        check_completed(step);
      } else {
        check_undone(step);
      }
    }
  }

  void check_completed(const std::string& step) {
    if (!is_left_behind(definition_, run_.state, step)) return;
    const bool has_undo = has_compensate_around(definition_, step);
    add(Severity::kWarning, "effect-left-behind", step,
        fmt::format("{} stands although the flow went on without it", saga::static_path(step)),
        has_undo ? "say `compensate: true` in the `catch` around it" : accept(step));
  }

  void check_undone(const std::string& step) {
    const StepState* undone = undone_around(run_.state, step);
    const std::string path = saga::static_path(step);
    const auto stands = [&](std::string_view why, std::string remedy) {
      add(Severity::kError, "effect-stands", step, fmt::format("{} stands when all is over: {}", path, why),
          std::move(remedy));
    };
    if (undone != nullptr && undone->undo_status == saga::UndoStatus::kCompleted) {
      return add(Severity::kWarning, "effect-stands", step,
                 fmt::format("{} stands when all is over: its `compensate` had nothing to call", path), accept(step));
    }
    if (undone != nullptr) {
      return stands("its undo failed and was passed over",
                    "without `saga.compensation.onError: continue` an operator would be asked");
    }
    if (!has_compensate_around(definition_, step)) return stands("nothing undoes it", accept(step));
    if (!is_triggered(definition_.saga, run_.state)) {
      const auto trigger = trigger_of(run_.state);
      return stands(fmt::format("`saga.compensation.triggers` leaves out {}", trigger),
                    fmt::format("name {} there", trigger));
    }
    const auto* defined = definition_.find(path);
    if (defined != nullptr && !defined->compensate) {
      return stands("the step around it, which has a `compensate`, did not complete",
                    "give it a `compensate` of its own");
    }
    stands("no undo was called", {});
  }

  static std::string accept(std::string_view step) {
    return fmt::format(
        "give it a `compensate`, or say why it may stand: `metadata: {{ skald: {{ mayStand: ... }} }}` "
        "(for once, --may-stand {})",
        saga::static_path(step));
  }

  // An undo whose request could not be made fails without a call.
  void check_undos() {
    for (const auto& incident : run_.state.incidents) {
      if (incident.kind == saga::IncidentKind::kUndoFailed) check_undo(incident.step, incident.error);
    }
    check_passed_over(run_.state.root);
  }

  void check_passed_over(const StepState& step) {
    if (step.undo_status == saga::UndoStatus::kFailed && !step.undo.empty()) {
      check_undo(step.undo.front().path, step.undo.front().error);
    }
    for (const auto& child : step.children) check_passed_over(child);
  }

  void check_undo(const std::string& path, const Payload& error) {
    if (!saga::is_in_undo(path)) return;
    const Json& json = error.json();
    const auto type = json.is_object() ? json.value("type", std::string()) : std::string();
    if (!type.ends_with("/expression") && !type.ends_with("/configuration")) return;
    add(Severity::kError, "undo-not-computable", path,
        fmt::format("{} cannot be called with the data it has: {}", saga::static_path(path), words_of_problem(error)),
        "address the effect by something that is known before the step is called, such as a field of the input");
  }

  const definition::Definition& definition_;
  const std::map<std::string, std::string>& accepted_;
  const Run& run_;
  const std::vector<std::string>& may_stand_;
  std::vector<Finding> findings_;
};

}  // namespace

void place(Finding& finding, const definition::Definition& definition) {
  const auto* step = definition.find(finding.step);
  if (step != nullptr) finding.mark = step->mark;
}

std::vector<Finding> judge(const Subject& subject, const Run& run, const std::vector<std::string>& may_stand) {
  return Judge(subject, run, may_stand).judge();
}

}  // namespace skald::dry_run
